from __future__ import annotations

from envdoctor.facts import Gpu, MigDevice
from envdoctor.reading import Known
from envdoctor.report import NeedCommand, NeedVariable

from .asking import (
    GIB,
    NOT_KNOWN,
    change,
    evidence,
    gpu,
    healthy,
    needs,
    silent,
    the_one,
    with_gpus,
    with_variables,
    without_gpu,
)


def instance(number: int, used: int = 0) -> MigDevice:
    return MigDevice(f"MIG-{number:08d}-aaaa", "1g.10gb", Known(10 * GIB, "nvml"), Known(used * GIB, "nvml"))


def mig(index: int, *instances: MigDevice) -> Gpu:
    return gpu(
        index,
        name=Known("NVIDIA A100-SXM4-80GB", "nvml"),
        mig_mode=Known(True, "nvml"),
        mig_devices=Known(instances, "nvml"),
    )


def test_mig_mode_without_instances() -> None:
    finding = the_one("GPU103", with_gpus(healthy(), mig(0)))
    assert finding.severity == "error" and "no instance exists" in finding.title
    (admin,) = needs(finding)
    assert isinstance(admin, NeedCommand) and admin.commands == (("sudo", "nvidia-smi", "-i", "0", "-mig", "0"),)


def test_a_whole_gpu_beside_it_can_be_kept_to() -> None:
    finding = the_one("GPU103", with_gpus(healthy(), mig(0), gpu(1)))
    assert finding.severity == "warning"
    assert needs(finding)[0] == NeedVariable("CUDA_VISIBLE_DEVICES", "GPU-00000001-0000-0000-0000-000000000000")


def test_an_instance_that_does_not_exist() -> None:
    facts = with_gpus(healthy(), mig(0, instance(1, used=9), instance(2)))
    finding = the_one("GPU103", with_variables(facts, CUDA_VISIBLE_DEVICES="MIG-99999999-aaaa"))
    assert finding.severity == "error" and "MIG-99999999-aaaa" in finding.title
    assert needs(finding) == [NeedVariable("CUDA_VISIBLE_DEVICES", "MIG-00000002-aaaa")]  # the roomiest


def test_mig_names_on_a_machine_without_mig() -> None:
    finding = the_one("GPU103", with_variables(healthy(), CUDA_VISIBLE_DEVICES="MIG-99999999-aaaa"))
    assert needs(finding) == [NeedVariable("CUDA_VISIBLE_DEVICES", None)]


def test_several_instances_for_one_process() -> None:
    facts = with_gpus(healthy(), mig(0, instance(1), instance(2)))
    value = "MIG-00000001-aaaa,MIG-00000002-aaaa"
    assert the_one("GPU103", with_variables(facts, CUDA_VISIBLE_DEVICES=value)).severity == "warning"


def test_several_whole_gpus_in_mig_mode() -> None:
    facts = with_gpus(healthy(), mig(0, instance(1)), mig(1, instance(2)))
    finding = the_one("GPU103", with_variables(facts, CUDA_VISIBLE_DEVICES="0,1"))
    assert finding.severity == "warning" and "CUDA_VISIBLE_DEVICES=0,1" in evidence(finding)


def test_near_misses() -> None:
    facts = with_gpus(healthy(), mig(0, instance(1), instance(2)))
    assert silent("GPU103", facts) == "pass"
    assert silent("GPU103", with_variables(facts, CUDA_VISIBLE_DEVICES="MIG-00000001")) == "pass"
    assert silent("GPU103", with_variables(facts, CUDA_VISIBLE_DEVICES="0")) == "pass"
    old = "MIG-GPU-00000000-0000-0000-0000-000000000000/1/0"  # as drivers before 470 name them
    assert silent("GPU103", with_variables(facts, CUDA_VISIBLE_DEVICES=old)) == "pass"
    off = with_gpus(healthy(), gpu(0, mig_mode=Known(False, "nvml")))
    assert silent("GPU103", off) == "pass"


def test_not_applicable_and_cannot_tell() -> None:
    assert silent("GPU103", without_gpu(healthy())) == "not-applicable"
    assert silent("GPU103", change(healthy(), "gpus", gpus=NOT_KNOWN)) == "cannot-tell"
    assert silent("GPU103", with_gpus(healthy(), gpu(0, mig_mode=NOT_KNOWN))) == "cannot-tell"
    blind = gpu(0, mig_mode=Known(True, "nvml"), mig_devices=NOT_KNOWN)
    assert silent("GPU103", with_gpus(healthy(), blind)) == "cannot-tell"
