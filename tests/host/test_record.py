"""A machine to a folder and back: equal answers, without the names; and folders that are none."""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest

from envdoctor.host import Disk, Host, Identity, LocalHost, NvmlAnswer, Output, Process
from envdoctor.reading import Absent, Known, Unknown
from envdoctor.record import RecordingHost, ReplayHost

from ..conftest import FakeNvml
from ..fakes import FakeHost

ODD = os.fsdecode(b"caf\xe9 \xff")
ASKED = json.dumps({"name": "torch", "path": ["/home/ana/x", "/data/ana"], "odd": ODD, "long": "x" * 1000})


def machine() -> FakeHost:
    """Ana's. bob holds the GPU, and there is a user called torch."""
    nvml = NvmlAnswer(
        {"status": "SUCCESS", "count": {"value": 1}},
        ({"index": 0, "status": "ok", "uuid": {"value": "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"}},),
        "timeout",
        "no answer within 1 s to nvmlDeviceGetName of GPU 1 (pid 7, state D)",
    )
    return FakeHost(
        environ={
            "PATH": "/home/ana/bin:/usr/bin",
            "HOME": "/home/ana",
            "USER": "ana",
            "HF_TOKEN": "hf_secret",
            "PIP_INDEX_URL": "https://ana:pw@pypi.lab/simple",
            "http_proxy": "ana:pw@proxy.lab:3128",
            "CUDA_VISIBLE_DEVICES": "GPU-8932f9",
            "DIARY": "dear diary",
        },
        cwd="/home/ana/work",
        files={
            "/home/ana/.condarc": "channels:\n- https://conda.anaconda.org/t/tk-1/lab\n" + "# long\n" * 100,
            "/home/ana/bin/tool": "#!/home/ana/env/bin/python\n",
            "/home/ana/env/lib/site-packages/torch/version.py": "__version__ = '2.1.0'\n",
            "/home/ana/" + ODD: "odd\udcff\r\ntext",
            "/lib/libx.so": b"\x7fELF\0sm_50 sm_60\0\xff" + bytes(range(256)) * 4,
            "/proc/sys/kernel/hostname": "gpu01\n",
        },
        dirs={"/home/ana/empty"},
        links={"/home/ana/link": "/home/ana/env"},
        denied={"/home/bob"},
        stuck={"/net"},
        disks={"/home": Disk(100, 50, 10, 5)},
        commands={("nvidia-smi", "-L"): Known(Output(0, "GPU 0 of ana\n" + "x" * 1000, "warning\n"), "nvidia-smi -L")},
        asks={("/home/ana/env/bin/python", "ask"): Known(ASKED, "/home/ana/env/bin/python")},
        nvml_answer=Known(nvml, "NVML"),
        process_table={
            42: Process(42, 1001, "bob", "python", "S", "2026-01-01T00:00:00Z"),
            43: Process(43, 1002, "torch", "python", "R", "2026-01-01T00:00:00Z"),
            44: Process(44, 33, "www-data", "nginx", "R", "2026-01-01T00:00:00Z"),
        },
    )


def ask_everything(host: Host, home: str) -> Dict[str, Any]:
    """Every method of a host, with questions that are written the same on every machine but for the home."""
    return {
        "condarc": host.read(f"{home}/.condarc"),
        "tool": host.read(f"{home}/bin/tool"),
        "version": host.read(f"{home}/env/lib/site-packages/torch/version.py"),
        "odd": host.read(f"{home}/{ODD}"),
        "bytes": host.read_bytes("/lib/libx.so", 0, 8),
        "many bytes": host.read_bytes("/lib/libx.so", 0, 4096),
        "shebang": host.read_bytes(f"{home}/bin/tool", 0, 100),
        "search": host.search("/lib/libx.so", r"sm_\d+"),
        "listdir": host.listdir(home),
        "none": host.listdir("/none"),
        "stat": host.stat(f"{home}/empty"),
        "readlink": host.readlink(f"{home}/link"),
        "realpath": host.realpath(f"{home}/link"),
        "access": host.access(home, "w"),
        "disk": host.disk(home),
        "which": host.which("tool"),
        "run": host.run(["nvidia-smi", "-L"], 5),
        "no program": host.run(["nope"], 5, {"LC_ALL": None}),
        "ask": host.ask(f"{home}/env/bin/python", "ask", ["torch"], 5),
        "nvml": host.nvml(5),
        "bob": host.process(42),
        "torch": host.process(43),
        "www-data": host.process(44),
        "no process": host.process(1),
        "denied": host.stat("/net/x"),
        "cpus": host.cpus(),
        "now": host.now(),
        "limits": host.limits(),
        "identity": host.identity(),
        "cwd": host.cwd,
        "environ": {name: host.environ.get(name) for name in ("PATH", "HF_TOKEN", "USER", "NONE")},
        "proxies": [host.environ["PIP_INDEX_URL"], host.environ["http_proxy"], host.environ["CUDA_VISIBLE_DEVICES"]],
    }


def recorded(host: Host, folder: Path, ask: Callable[[Host], object]) -> ReplayHost:
    recording = RecordingHost(host)
    ask(recording)
    recording.save(str(folder))
    return ReplayHost(str(folder))


def everything(folder: Path) -> str:
    return "\n".join(path.read_bytes().decode("utf-8", "replace") for path in folder.rglob("*") if path.is_file())


class TestReplay:
    @pytest.fixture
    def replay(self, tmp_path: Path) -> ReplayHost:
        return recorded(machine(), tmp_path / "rec", lambda host: ask_everything(host, "/home/ana"))

    @pytest.fixture
    def answers(self, replay: ReplayHost) -> Dict[str, Any]:
        return ask_everything(replay, "/home/user")

    def test_nothing_is_missing(self, answers: Dict[str, Any]) -> None:
        missing = [
            name for name, answer in answers.items() if getattr(answer, "reason", "") in ("not-looked", "unparsable")
        ]
        assert missing == []

    def test_answers(self, answers: Dict[str, Any]) -> None:
        live = ask_everything(machine(), "/home/ana")
        same = (
            "version",
            "bytes",
            "many bytes",
            "search",
            "none",
            "disk",
            "no program",
            "www-data",
            "no process",
            "denied",
            "cpus",
        )
        for name in (*same, "now", "limits"):
            answer = live[name]
            if isinstance(answer, Known):
                assert answers[name] == Known(answer.value, answer.source.replace("/home/ana", "/home/user"))
            else:
                assert answers[name] == answer

    def test_names(self, answers: Dict[str, Any]) -> None:
        assert answers["tool"] == Known("#!/home/user/env/bin/python\n", "/home/user/bin/tool")
        assert answers["shebang"] == Known(b"#!/home/user/env/bin/python\n", "/home/user/bin/tool")
        assert answers["odd"] == Known("odd\udcff\r\ntext", f"/home/user/{ODD}")
        assert answers["readlink"] == Known("/home/user/env", "/home/user/link")
        assert answers["realpath"] == Known("/home/user/env", "/home/user/link")
        assert answers["which"] == ("/home/user/bin/tool",)
        assert answers["identity"] == Identity(1000, "user", "/home/user", "linux", "5.15.0", "x86_64")
        assert answers["cwd"] == "/home/user/work"
        assert answers["bob"].value.user == "user2"
        assert answers["torch"].value.user == "user3"
        assert answers["run"].value == Output(0, "GPU 0 of user\n" + "x" * 1000, "warning\n")
        assert "/t/***/lab" in answers["condarc"].value

    def test_answer_of_the_interpreter(self, answers: Dict[str, Any]) -> None:
        assert json.loads(answers["ask"].value) == {
            "name": "torch",
            "path": ["/home/user/x", "/data/user"],
            "odd": ODD,
            "long": "x" * 1000,
        }

    def test_environment(self, answers: Dict[str, Any], replay: ReplayHost) -> None:
        assert answers["environ"] == {
            "PATH": "/home/user/bin:/usr/bin",
            "HF_TOKEN": "***",
            "USER": "user",
            "NONE": None,
        }
        assert "DIARY" not in replay.environ
        assert answers["proxies"][:2] == ["https://pypi.lab/simple", "proxy.lab:3128"]

    def test_gpus(self, answers: Dict[str, Any]) -> None:
        live = machine().nvml_answer
        assert isinstance(live, Known)
        nvml = answers["nvml"].value
        assert (nvml.system, nvml.ended, nvml.detail) == (live.value.system, live.value.ended, live.value.detail)
        uuid = nvml.gpus[0]["uuid"]["value"]
        assert uuid != "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"
        assert uuid.startswith(answers["proxies"][2])

    def test_nothing_is_left_in_the_folder(self, replay: ReplayHost, tmp_path: Path) -> None:
        text = everything(tmp_path / "rec")
        for secret in ("/home/ana", "hf_secret", "pw@", "tk-1", "dear diary", "8932f9", '"ana"', '"bob"', "gpu01"):
            assert secret not in text
        assert "site-packages/torch/version.py" in text

    def test_deadlines_and_smaller_limits_do_not_matter(self, replay: ReplayHost) -> None:
        assert replay.run(["nvidia-smi", "-L"], 99, None, 5) == replay.run(["nvidia-smi", "-L"], 5)
        assert replay.nvml(99) == replay.nvml(1)
        assert replay.read("/home/user/bin/tool", 6) == Known("#!/hom", "/home/user/bin/tool")

    def test_what_was_not_asked(self, replay: ReplayHost) -> None:
        for answer in (replay.read("/x"), replay.run(["x"], 1), replay.process(5), replay.access("/x", "r")):
            assert isinstance(answer, Unknown)
            assert (answer.reason, answer.detail) == ("not-looked", "not in the recording")
        assert replay.which("x") == ()
        assert replay.ask("/x", "ask", [], 1) == Unknown("not-looked", "not in the recording", "ask /x ask []")

    def test_recording_of_a_replay_is_the_same(self, replay: ReplayHost, tmp_path: Path) -> None:
        again = tmp_path / "again"
        recorded(replay, again, lambda host: ask_everything(host, "/home/user"))
        assert everything(again) == everything(tmp_path / "rec")


class TestRecording:
    def test_answers_are_passed_on(self) -> None:
        assert ask_everything(RecordingHost(machine()), "/home/ana") == ask_everything(machine(), "/home/ana")

    def test_the_longest_text_is_kept(self, tmp_path: Path) -> None:
        def ask(host: Host) -> None:
            for limit in (5, 20, 3):
                host.read("/home/ana/bin/tool", limit)

        replay = recorded(machine(), tmp_path, ask)
        assert replay.read("/home/user/bin/tool", 100) == Known("#!/home/user/env/bin/", "/home/user/bin/tool")

    def test_what_is_long_is_a_file(self, tmp_path: Path) -> None:
        recorded(machine(), tmp_path, lambda host: ask_everything(host, "/home/ana"))
        names = sorted(name.partition("-")[2] for name in os.listdir(tmp_path / "files"))
        assert names == [".condarc", "libx.so", "nvidia-smi", "python"]
        (condarc,) = (tmp_path / "files").glob("*.condarc")
        assert condarc.read_text().startswith("channels:\n- https://")

    def test_the_same_machine_gives_the_same_folder(self, tmp_path: Path) -> None:
        for name in ("a", "b"):
            recorded(machine(), tmp_path / name, lambda host: ask_everything(host, "/home/ana"))
        assert everything(tmp_path / "a") == everything(tmp_path / "b")

    def test_saved_again_over_the_old_one(self, tmp_path: Path) -> None:
        recorded(machine(), tmp_path, lambda host: ask_everything(host, "/home/ana"))
        recorded(machine(), tmp_path, lambda host: host.stat("/lib/libx.so"))
        assert os.listdir(tmp_path / "files") == []

    def test_folder_that_holds_something_else(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").write_text("x")
        with pytest.raises(ValueError, match="is not empty and holds no recording"):
            RecordingHost(machine()).save(str(tmp_path))
        assert os.listdir(tmp_path) == ["thesis.tex"]

    def test_folder_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(OSError):
            RecordingHost(machine()).save(str(tmp_path / "file" / "below"))

    def test_asked_from_many_threads(self, tmp_path: Path) -> None:
        recording = RecordingHost(machine())

        def ask(number: int) -> None:
            for i in range(100):
                recording.stat(f"/x/{number}/{i}")
                recording.read("/home/ana/bin/tool", i)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        recording.save(str(tmp_path / "while"))
        for thread in threads:
            thread.join()
        recording.save(str(tmp_path / "after"))
        replay = ReplayHost(str(tmp_path / "after"))
        assert all(replay.stat(f"/x/{n}/{i}") == Absent((f"/x/{n}/{i}",)) for n in range(8) for i in range(100))
        ReplayHost(str(tmp_path / "while"))


class TestDamaged:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        recorded(machine(), tmp_path, lambda host: ask_everything(host, "/home/ana"))
        return tmp_path

    def sentence(self, folder: Path) -> str:
        with pytest.raises(ValueError) as raised:
            ReplayHost(str(folder))
        assert "\n" not in str(raised.value)
        assert str(folder) in str(raised.value)
        return str(raised.value)

    def test_nothing_there(self, tmp_path: Path) -> None:
        assert "answers.json is missing" in self.sentence(tmp_path / "none")
        assert "answers.json is missing" in self.sentence(tmp_path)

    def test_not_a_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "cannot be read: Not a directory" in self.sentence(tmp_path / "file")

    def test_a_text_is_missing(self, folder: Path) -> None:
        for path in (folder / "files").iterdir():
            path.unlink()
        assert "damaged one: files/0001-python is missing" in self.sentence(folder)

    @pytest.mark.parametrize(
        "content",
        [
            *(b"", b"{", b"\xff\0", b"[]", b"null", b"[" * 100_000),
            *(b'{"answers": []}', b'{"answers": {}, "format": 1}', b'{"format": 1, "answers": [1]}'),
            b'{"format": 1, "answers": [{"known": 1}]}',
        ],
    )
    def test_no_recording(self, content: bytes, folder: Path) -> None:
        (folder / "answers.json").write_bytes(content)
        assert "this is no recording, or a damaged one: " in self.sentence(folder)

    def test_of_a_later_envdoctor(self, folder: Path) -> None:
        (folder / "answers.json").write_text('{"format": 7, "answers": []}')
        assert "it has format 7, and this envdoctor reads 1" in self.sentence(folder)

    @pytest.mark.parametrize("field", ["identity", "now", "cwd", "limits", "environ"])
    @pytest.mark.parametrize("value", [None, 5, {"a": 1}, [["x"]]])
    def test_field_of_another_kind(self, field: str, value: Any, folder: Path) -> None:
        plain = json.loads((folder / "answers.json").read_text())
        plain[field] = value
        (folder / "answers.json").write_text(json.dumps(plain))
        assert "this recording is damaged: " in self.sentence(folder)

    @pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "0001-../x", "", "x"])
    def test_a_text_outside_of_it(self, name: str, folder: Path) -> None:
        plain = json.loads((folder / "answers.json").read_text())
        plain["answers"].append({"asked": ["read", "/y"], "known": {"file": name}, "source": "/y"})
        (folder / "answers.json").write_text(json.dumps(plain))
        assert "is no name of a file of a recording" in self.sentence(folder)

    def test_answer_of_another_kind(self, folder: Path) -> None:
        """One bad answer does not take the others along."""
        plain = json.loads((folder / "answers.json").read_text())
        bad: List[Tuple[List[Any], Any]] = [
            (["stat", "/y"], {"known": {"size": "big"}, "source": "/y"}),
            (["read_bytes", "/y", 0, 1], {"known": "no base64!", "source": "/y"}),
            (["listdir", "/y"], {"maybe": 1}),
        ]
        plain["answers"] += [{"asked": question, **answer} for question, answer in bad]
        plain["answers"] = [entry for entry in plain["answers"] if entry["asked"] != ["nvml"]]
        plain["answers"].append({"asked": ["nvml"], "known": {"system": 5}, "source": "NVML"})
        (folder / "answers.json").write_text(json.dumps(plain))
        replay = ReplayHost(str(folder))
        for answer in (replay.stat("/y"), replay.read_bytes("/y", 0, 1), replay.listdir("/y"), replay.nvml(1)):
            assert isinstance(answer, Unknown)
            assert answer.reason == "unparsable"
        assert isinstance(replay.read("/home/user/bin/tool"), Known)


@pytest.mark.real
def test_this_machine(tmp_path: Path, fakenvml: FakeNvml) -> None:
    """Real files, commands, NVML and interpreter; nothing here is anybody's, so that the answers must be equal."""
    home = tmp_path / "nest"
    home.mkdir()
    (home / "tool").write_text("#!/bin/sh\necho hello\n")
    (home / "tool").chmod(0o755)
    (home / "link").symlink_to("tool")
    environ = {**fakenvml.environ("[gpu x2]\nproc = C 1 5\n"), "HOME": "", "PATH": f"{home}:{os.defpath}"}

    def ask(host: Host) -> List[Any]:
        return [
            host.which("tool"),
            host.run(["tool"], 10),
            host.run(["no-such-tool"], 10),
            host.read("/proc/self/limits"),
            host.read("/dev/null"),
            host.stat(str(home)),
            host.listdir("/usr/bin"),
            host.readlink(f"{home}/link"),
            host.realpath(f"{home}/none"),
            host.search(sys.executable, "GLIBC_[0-9.]+"),
            host.disk("/proc"),
            host.process(os.getpid()),
            host.limits(),
            host.cpus(),
            host.cwd,
        ]

    recording = RecordingHost(LocalHost(environ))
    live = ask(recording)
    asked, nvml = recording.ask(sys.executable, "ask", [], 20), recording.nvml(20)
    recording.save(str(tmp_path / "rec"))
    replay = ReplayHost(str(tmp_path / "rec"))
    assert ask(replay) == live
    again = replay.ask(sys.executable, "ask", [], 20)
    assert isinstance(asked, Known) and isinstance(again, Known)
    assert json.loads(again.value)["interpreter"] == json.loads(asked.value)["interpreter"]
    replayed = replay.nvml(20)
    assert isinstance(nvml, Known) and isinstance(replayed, Known)
    assert replayed.value.system == nvml.value.system
    assert [gpu["memory"] for gpu in replayed.value.gpus] == [gpu["memory"] for gpu in nvml.value.gpus]
