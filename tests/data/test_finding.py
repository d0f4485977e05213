"""What a path is taken for, and one sentence for each that is nothing."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any, Callable, List, Tuple

import pytest

from envdoctor.data.finding import find
from envdoctor.data.items import Item, Source
from envdoctor.host import LocalHost
from envdoctor.voice import Unusable

from .pictures import claimed, save


def source_of(path: Path) -> Source:
    return find(LocalHost(), str(path), lambda: False)


def listed(source: Source) -> List[Tuple[str, Item]]:
    return [(part, item) for part, items in source.batches() for item in items]


def names(path: Path) -> List[str]:
    return sorted(item.name for _, item in listed(source_of(path)))


def refused(path: Path) -> str:
    with pytest.raises(Unusable) as caught:
        listed(source_of(path))
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence


def test_a_list_with_paths_beside_it_and_from_here(tmp_path: Path) -> None:
    (tmp_path / "train.txt").write_bytes(
        "\ufeff./images/a.jpg\r\n\r\n# no\n/abs/b.jpg\n".encode() + os.fsencode("./images/\udcff.jpg")
    )
    found = [item.path for _, item in listed(source_of(tmp_path / "train.txt"))]
    assert found == [f"{tmp_path}/images/a.jpg", "/abs/b.jpg", f"{tmp_path}/images/\udcff.jpg"]


def data_yaml(folder: Path, text: str) -> Path:
    save(folder / "images" / "train" / "a.jpg")
    save(folder / "images" / "val" / "b.jpg")
    (folder / "data.yaml").write_text(text)
    return folder / "data.yaml"


@pytest.mark.parametrize(
    "text",
    [
        "path: .\ntrain: images/train\nval: images/val\nnames: {0: cat}",
        "train: images/train\nval: images/val",
        "train: [images/train]\nval: ../images/val",  # as an export of Roboflow has it
        "path: ''\ntrain: ./images/train\nval: ./images/val\ntest: nowhere",
    ],
)
def test_a_data_yaml(text: str, tmp_path: Path) -> None:
    source = source_of(data_yaml(tmp_path / "set", text))
    assert {part: item.name for part, item in listed(source)} == {"train": "a.jpg", "val": "b.jpg"}
    assert source.complete and source.kind == "data-yaml"


def test_a_data_yaml_that_half_leads_somewhere(tmp_path: Path) -> None:
    source = source_of(data_yaml(tmp_path, "train: images/train\nval: gone"))
    assert [item.name for _, item in listed(source)] == ["a.jpg"]
    assert source.notes == [f"{tmp_path}/data.yaml also points to what is not there: val: {tmp_path}/gone"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("train: nowhere\nval: neither", "points to what is not there: train: "),
        ("names: [a]", "has neither `train` nor `val`"),
        ("train: !!python/object/apply:os.system ['touch /tmp/owned']", "is no plain YAML"),
        ("train: {a: 1}", "`train` is neither a path nor a list of paths"),
        ("train: [1, 2]", "`train` is neither a path nor a list of paths"),
        ("[a, b", "is no plain YAML"),
        ("just words", "is no data.yaml"),
        ("a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\ntrain: *c", "`train` is neither a path"),
    ],
)
def test_data_yamls_that_are_none(text: str, says: str, tmp_path: Path) -> None:
    assert says in refused(data_yaml(tmp_path, text))
    assert not Path("/tmp/owned").exists()


def test_folders_of_others_and_what_is_not_there(tmp_path: Path) -> None:
    assert refused(tmp_path / "gone").endswith("there is no such file or folder")
    assert refused(save(tmp_path / "a.png")).endswith("is one image; give its folder")
    (tmp_path / "empty.txt").touch()
    assert refused(tmp_path / "empty.txt").endswith("is empty")
    (tmp_path / "set.zip").write_bytes(b"PK\3\4" + bytes(100))
    assert "is compressed" in refused(tmp_path / "set.zip")
    (tmp_path / "binary").write_bytes(bytes(range(256)) * 10)
    assert "is no folder, list of images" in refused(tmp_path / "binary")
    os.mkfifo(str(tmp_path / "pipe"))
    assert refused(tmp_path / "pipe").endswith("is neither a folder nor a file")


@pytest.mark.root
def test_a_closed_folder(open_path: Path, as_user: Callable[..., Any]) -> None:
    (open_path / "closed").mkdir(mode=0o700)
    save(open_path / "set" / "a.jpg")
    (open_path / "set" / "inner").mkdir(mode=0o700)

    def look() -> Tuple[str, List[str], List[str]]:
        source = source_of(open_path / "set")
        return refused(open_path / "closed"), [item.name for _, item in listed(source)], source.closed

    sentence, found, closed = as_user(look)
    assert sentence.endswith("you may not read this folder")
    assert found == ["a.jpg"]
    assert closed == [f"{open_path}/set/inner: Permission denied"]


def shard(path: Path, count: int) -> Path:
    with tarfile.open(str(path), "w") as tar:
        for number in range(count):
            for name, content in ((f"{number}.jpg", claimed(640, 480)), (f"{number}.cls", b"3")):
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    return path


def test_shards(tmp_path: Path) -> None:
    whole = shard(tmp_path / "000.tar", 30)
    items = [item for _, item in listed(source_of(whole)) if item.name.endswith(".jpg")]
    assert len(items) == 30
    with open(str(whole), "rb") as file:
        file.seek(items[7].offset)
        assert file.read(items[7].size) == claimed(640, 480)
    shard(tmp_path / "001.tar", 5)
    source = source_of(tmp_path)
    assert sum(item.name.endswith(".jpg") for _, item in listed(source)) == 35
    assert source.kind == "shards" and source.complete


def test_a_shard_that_is_cut_off(tmp_path: Path) -> None:
    whole = shard(tmp_path / "000.tar", 30).read_bytes()
    (tmp_path / "000.tar").write_bytes(whole[:20_000] + b"\xff" * 900)
    source = source_of(tmp_path / "000.tar")
    assert 0 < len(listed(source)) < 60
    assert "is damaged" in source.notes[0]


def coco(folder: Path, **more: object) -> Path:
    save(folder / "train2017" / "a.jpg")
    (folder / "annotations").mkdir()
    path = folder / "annotations" / "instances_train2017.json"
    images = [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 48}, {"file_name": "b.jpg", "id": 2}]
    path.write_text(json.dumps({**more, "images": images, "categories": []}))
    return path


def test_a_coco_json_in_the_usual_layout(tmp_path: Path) -> None:
    path = coco(tmp_path, info={"images": "no"}, annotations=[{"segmentation": [[1, 2.5]], "note": '"]}\\'}] * 50)
    source = source_of(path)
    assert [item.path for _, item in listed(source)] == [f"{tmp_path}/train2017/{name}.jpg" for name in "ab"]


def test_a_coco_json_without_its_images(tmp_path: Path) -> None:
    path = coco(tmp_path)
    (tmp_path / "train2017" / "a.jpg").unlink()
    source = source_of(path)
    assert [item.declared for _, item in listed(source)] == [(64, 48), (0, 0)]
    assert "were not found" in source.notes[0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"images": [{"file_name": "a.jpg"}', "ends in the middle"),
        ('{"images": [{"file_name": "a.j', "ends in the middle"),
        ('{"images": [{"file_name": 3}]}', "no file_name"),
        ('{"images": [1, 2]}', "no file_name"),
        ('{"images": {"a": 1}}', "'[' is expected"),
        ('{"annotations": [[[', "ends in the middle"),
        ('{"annotations": ["unclosed', "ends in the middle"),
        ('{"info": 1}', "it has no list of images"),
        ("{]", "it is no JSON"),
        ("[" * 100_000, "is expected"),
        ('{"a": ' + "[" * 100_000, "ends in the middle"),
    ],
)
def test_coco_jsons_that_are_none(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    assert says in refused(tmp_path / "a.json")
