"""Names and secrets go, paths and packages stay."""

from __future__ import annotations

import json
import time

import pytest

from envdoctor.redact import Redactor, is_secret_name

HIDDEN = "***"


@pytest.fixture
def redactor() -> Redactor:
    return Redactor("/home/ana", "ana", "gpu01.lab.example.net", others=["bob", "zoe"], keep=["flair"])


def same_again(redactor: Redactor, text: str) -> str:
    """Redacted, and redacted again to the same."""
    redacted = redactor.redact(text)
    assert redactor.redact(redacted) == redacted
    return redacted


class TestPeople:
    @pytest.mark.parametrize(
        ("text", "redacted"),
        [
            ("/home/ana", "/home/user"),
            ("/home/ana/envs/y/bin/python", "/home/user/envs/y/bin/python"),
            ("#!/home/ana/envs/y/bin/python", "#!/home/user/envs/y/bin/python"),
            ("file:///home/ana/wheels", "file:///home/user/wheels"),
            ("PYTHONPATH=/home/ana:/opt/x:/home/ana/lib", "PYTHONPATH=/home/user:/opt/x:/home/user/lib"),
            ('"/home/ana"', '"/home/user"'),
            ("It is in /home/ana.", "It is in /home/user."),
            ("/scratch/lab/ana/data", "/scratch/lab/user/data"),
            ("/data/home/ana/x", "/data/home/user/x"),
            ("/home/bob/x and /nfs/zoe", "/home/user2/x and /nfs/user3"),
            ("bob 4242 python", "user2 4242 python"),
            ("ana@gpu01:~ana/", "user@host:~user/"),
            ("user=ana, 'ana' (ana)", "user=user, 'user' (user)"),
        ],
    )
    def test_names_of_people(self, text: str, redacted: str, redactor: Redactor) -> None:
        assert same_again(redactor, text) == redacted

    @pytest.mark.parametrize(
        "text",
        [
            "banana ana_lysis analysis ana-lysis anaconda ANA conda-ana my.ana ana.py",
            "/opt/anaconda3/lib/python3.9/site-packages/anaconda_client",
            "/usr/lib/bobcat",
            "flair==0.12",
        ],
    )
    def test_parts_of_words_are_no_names(self, text: str, redactor: Redactor) -> None:
        assert same_again(redactor, text) == text

    def test_someone_else_below_home(self, redactor: Redactor) -> None:
        """Nobody named her, so that only her folder is hers, not the word."""
        redacted = same_again(redactor, "/home/yolanda/x /home/yolanda-2/x yolanda /Users/bob/y")
        assert redacted == "/home/user4/x /home/user5/x yolanda /Users/user2/y"
        assert redactor.redact("/home/yolanda") == "/home/user4"

    @pytest.mark.parametrize(
        "path", ["/home/linuxbrew/.linuxbrew/bin", "/home/conda/feedstock_root", "/home/shared/envs"]
    )
    def test_folders_of_nobody(self, path: str, redactor: Redactor) -> None:
        assert same_again(redactor, path) == path

    def test_root_is_nobody(self) -> None:
        redactor = Redactor("/root", "root")
        assert redactor.redact("/root/.cache/pip owned by root") == "/root/.cache/pip owned by root"
        assert redactor.redact("/home/ana/x") == "/home/user/x"

    @pytest.mark.parametrize("home", ["", "/", "relative"])
    def test_home_that_is_none(self, home: str) -> None:
        assert Redactor(home, "ana").redact("/usr/bin ana") == "/usr/bin user"

    def test_home_elsewhere(self) -> None:
        redactor = Redactor("/data/people/ana/", "ana")
        assert redactor.redact("/data/people/ana/x /data/people/anabel") == "/home/user/x /data/people/anabel"

    def test_names_with_letters_that_mean_something(self) -> None:
        redactor = Redactor("/home/a.b+c", "a.b+c", others=["x(y"])
        assert redactor.redact("/home/a.b+c/z a.b+c axb+c") == "/home/user/z user axb+c"

    def test_name_of_other_letters(self) -> None:
        assert Redactor("/home/José", "José").redact("/home/José/x /data/José/y") == "/home/user/x /data/user/y"
        assert Redactor("/home/\udcff", "\udcff").redact("/home/\udcff/x") == "/home/user/x"


class TestNamesThatPackagesHaveToo:
    """A user called torch must not rename torch."""

    @pytest.mark.parametrize("name", ["torch", "python", "data", "test", "conda", "numpy", "flair", "jo"])
    def test_packages_and_folders_stay(self, name: str) -> None:
        redactor = Redactor(f"/home/{name}", name, others=[], keep=["flair"])
        lib = "/usr/lib/python3.9/site-packages"
        text = f"{lib}/{name}/version.py {name}==2.1.0 {name}-2.1.0.dist-info /data/{name}/x import {name}; {name}: "
        assert same_again(redactor, text) == text
        plain = {"name": name, name: "2.1.0", "requires": [f"{name}>=2"]}
        assert redactor.redact_plain(plain) == plain

    @pytest.mark.parametrize("name", ["torch", "python", "data", "flair", "jo"])
    def test_but_not_where_a_person_stands(self, name: str) -> None:
        redactor = Redactor(f"/home/{name}", name, keep=["flair"])
        text = f"/home/{name}/envs ~{name}/x {name}@lab.example.net {name}@gpu01"
        assert same_again(redactor, text) == "/home/user/envs ~user/x user@example.org user@gpu01"
        assert redactor.person(name) == "user"

    def test_packages_whose_names_look_like_secrets(self, redactor: Redactor) -> None:
        text = (
            "torch-token==1.0\ntoken==0.3\nsome-token=1.0=py_0\ntokenizers>=0.15\ntorch-token: 2.0\nkeyring==24.3\n"
            "TOKENIZERS_PARALLELISM=false\nmax_token: 512\nsecret-storage 3.3.3\n"
        )
        assert same_again(redactor, text) == text
        plain = {
            "torch-token": "1.0",
            "tokenizers": "0.15.2",
            "key": "value",
            "keys": ["a"],
            "tokens": 5,
            "keyring": "24",
        }
        assert redactor.redact_plain(plain) == plain

    def test_json_stays_json(self, redactor: Redactor) -> None:
        text = json.dumps({"token": None, "secret": {"a": 1}, "api_key": ["x"], "password": True, "url": "u"}, indent=1)
        assert same_again(redactor, text) == text


class TestHost:
    @pytest.mark.parametrize(
        ("text", "redacted"),
        [
            ("gpu01", "host"),
            ("gpu01.lab.example.net:/export", "host:/export"),
            ("ib0 of gpu01-ib0", "ib0 of host-ib0"),
            ("gpu011 mygpu01", "gpu011 mygpu01"),
        ],
    )
    def test_name(self, text: str, redacted: str, redactor: Redactor) -> None:
        assert same_again(redactor, text) == redacted

    @pytest.mark.parametrize(("host", "text"), [("gpu", "gpu0 gpu"), ("a100", "a100"), ("localhost", "localhost:80")])
    def test_name_that_is_none(self, host: str, text: str) -> None:
        assert Redactor("/home/ana", "ana", host).redact(text) == text

    def test_name_of_a_package_too(self) -> None:
        assert Redactor("/home/ana", "ana", "lion").redact("lion-pytorch lion") == "lion-pytorch host"


SECRETS = [
    "ghp_" + "a1B2" * 9,
    "gho_" + "a1B2" * 9,
    "github_pat_" + "a1B2_" * 8,
    "glpat-" + "a1B2" * 5,
    "hf_" + "aBcD" * 8,
    "npm_" + "a1B2" * 9,
    "pypi-AgEIcHlwaS5vcmc" + "a1B2" * 10,
    "sk-proj-" + "a1B2" * 10,
    "sk-" + "a1B2" * 12,
    "xoxb-123456789012-abcdef",
    "AKIA" + "ABCD1234" * 2,
    "AIza" + "a1B2-" * 7,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc_def-123",
]


class TestSecrets:
    @pytest.mark.parametrize("secret", SECRETS)
    @pytest.mark.parametrize("around", ["{}", "x={}", '"{}",', "({})", "https://h/{}/x", "a {} b"])
    def test_known_shapes(self, secret: str, around: str, redactor: Redactor) -> None:
        assert same_again(redactor, around.format(secret)) == around.format(HIDDEN)

    @pytest.mark.parametrize(
        "text",
        [
            "sk-learn-contrib-something-quite-long-1",
            "hf_transfer==0.1.4",
            "pypi-server pypi-attestations",
            "npm_config_prefix",
            "xformers xoxo",
            "sha256:" + "0123456789abcdef" * 4,
            "nvidia_cublas_cu12-12.1.3.1-py3-none-manylinux1_x86_64.whl,sha256=7oPzBqIvVJHVRTNd,417",
        ],
    )
    def test_what_only_looks_like_one(self, text: str, redactor: Redactor) -> None:
        assert same_again(redactor, text) == text

    @pytest.mark.parametrize(
        ("text", "redacted"),
        [
            ("https://u:p%40ss@pypi.lab/simple", "https://pypi.lab/simple"),
            ("https://pypi.lab/simple?token=abc&x=1", "https://pypi.lab/simple?token=***&x=1"),
            ("- https://conda.anaconda.org/t/tk-1-2/lab", "- https://conda.anaconda.org/t/***/lab"),
            (
                '{"url":"https://pypi.org/x","mail":"x@y.org","a":"b"}',
                '{"url":"https://pypi.org/x","mail":"user@example.org","a":"b"}',
            ),
            ("Authorization: Bearer abc.def", "Authorization: Bearer ***"),
            ("-H 'Authorization: Basic QWxhZGRpbg=='", "-H 'Authorization: Basic ***'"),
            ("machine h login ana password x y", "machine h login user password *** y"),
            ("export HF_TOKEN=abc", "export HF_TOKEN=***"),
            ("export AWS_SECRET_ACCESS_KEY='a b c'; ls", "export AWS_SECRET_ACCESS_KEY=***; ls"),
            ("WANDB_API_KEY=0123456789abcdef", "WANDB_API_KEY=***"),
            ("PGPASSWORD=x python", "PGPASSWORD=*** python"),
            ("[index]\npassword = hunter2\nusername = x", "[index]\npassword = ***\nusername = x"),
            ('{\n "token": "abc",\n "b": 1}', '{\n "token": "***",\n "b": 1}'),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----",
                "-----BEGIN RSA PRIVATE KEY----- *** -----END RSA PRIVATE KEY-----",
            ),
            ("-----BEGIN PRIVATE KEY-----\nMII", "-----BEGIN PRIVATE KEY----- *** "),
            ("mail a.b+c@uni.edu.cn now", "mail user@example.org now"),
            ("git@github.com:lab/x.git", "git@github.com:lab/x.git"),
            ("memcpy@GLIBC_2.14 x @ https://h/y", "memcpy@GLIBC_2.14 x @ https://h/y"),
        ],
    )
    def test_by_where_they_stand(self, text: str, redacted: str, redactor: Redactor) -> None:
        assert same_again(redactor, text) == redacted

    def test_below_the_name_of_one(self, redactor: Redactor) -> None:
        plain = {"api_key": "abc", "Password": "x", "hf-token": "y", "deep": [{"client_secret": "z", "token": ""}]}
        assert redactor.redact_plain(plain) == {
            "api_key": HIDDEN,
            "Password": HIDDEN,
            "hf-token": HIDDEN,
            "deep": [{"client_secret": HIDDEN, "token": ""}],
        }

    @pytest.mark.parametrize(
        ("name", "secret"),
        [
            *((name, True) for name in ("HF_TOKEN", "WANDB_API_KEY", "PGPASSWORD", "AWS_SECRET_ACCESS_KEY")),
            *((name, True) for name in ("GOOGLE_APPLICATION_CREDENTIALS", "SSH_AUTH_SOCK", "openai-apikey")),
            *((name, False) for name in ("TOKENIZERS_PARALLELISM", "PIP_KEYRING_PROVIDER", "PATH", "PWD")),
            *((name, False) for name in ("key", "keys", "AUTHOR", "XMODIFIERS")),
        ],
    )
    def test_names(self, name: str, secret: bool) -> None:
        assert is_secret_name(name) is secret


class TestGpus:
    UUID = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"
    OTHER = "GPU-8f32f937-d72c-4106-c12f-20bd9faed9f6"

    def test_the_same_gpu_keeps_its_alias(self, redactor: Redactor) -> None:
        first = same_again(redactor, self.UUID)
        other = same_again(redactor, self.OTHER)
        assert first != other
        assert "8932" not in first
        assert redactor.redact(f"{self.OTHER},{self.UUID}") == f"{other},{first}"
        assert redactor.redact(f"MIG-{self.UUID}/7/0") == f"MIG-{first}/7/0"

    @pytest.mark.parametrize("digits", [4, 6, 8, 12, 20])
    def test_first_digits_of_it_stay_first_digits(self, digits: int, redactor: Redactor) -> None:
        alias = redactor.redact(self.UUID)
        redactor.redact(self.OTHER)
        short = redactor.redact(f"CUDA_VISIBLE_DEVICES={self.UUID[: 4 + digits]}").partition("=")[2]
        assert alias.startswith(short)
        assert not redactor.redact(self.OTHER).startswith(short)

    def test_words_that_are_none(self, redactor: Redactor) -> None:
        redactor.redact(self.UUID)
        assert same_again(redactor, "GPU-based GPU-accelerated GPU-fed") == "GPU-based GPU-accelerated GPU-fed"


class TestBytes:
    def test_text(self, redactor: Redactor) -> None:
        assert redactor.redact_bytes(b"#!/home/ana/envs/y/bin/python\n\xff") == b"#!/home/user/envs/y/bin/python\n\xff"

    def test_nothing_moves_in_a_binary(self) -> None:
        redactor = Redactor("/home/anastasia", "anastasia")
        binary = b"\x7fELF\0\x01\xff\0/home/anastasia/lib:$ORIGIN\0libc.so.6\0" + bytes(range(256))
        redacted = redactor.redact_bytes(binary)
        assert len(redacted) == len(binary)
        assert redacted.index(b"libc.so.6") == binary.index(b"libc.so.6")
        assert b"\0/home/user/lib:$ORIGIN\0" in redacted
        assert b"anastasia" not in redacted
        assert redacted[-256:] == bytes(range(256))

    def test_alias_longer_than_the_name(self, redactor: Redactor) -> None:
        redacted = redactor.redact_bytes(b"\0/home/ana/lib\0libc.so.6\0")
        assert redacted == b"\0" + b"*" * 13 + b"\0libc.so.6\0"


@pytest.mark.parametrize(
    "text",
    [
        *("a" * 1_000_000, "A_" * 500_000, "/home/" * 200_000, "x@" * 500_000, "login " * 200_000, "token" * 200_000),
        *("GPU-" * 250_000, "eyJ" * 300_000 + ".", "password = " * 100_000, "-----BEGIN PRIVATE KEY-----" * 20_000),
        *("http://" * 100_000, " \n" * 500_000 + "token"),
    ],
)
def test_hostile_text_takes_no_time(text: str, redactor: Redactor) -> None:
    started = time.monotonic()
    redactor.redact(text)
    assert time.monotonic() - started < 3


def test_values_that_are_no_texts(redactor: Redactor) -> None:
    assert redactor.redact_plain([1, None, True, 2.5, ("ana", {"/home/ana": 1})]) == [
        1,
        None,
        True,
        2.5,
        ["user", {"/home/user": 1}],
    ]
