"""Makes images small. Run by the user's interpreter, with cv2 or Pillow, one process for each CPU.

    python -c SOURCE TOKEN OPTIONS

OPTIONS is JSON: size (pixels of the long side), quality, library ("" for the better one that is there). CPython 2.7
and 3.5 to 3.15. The first line on stdout, and one for each job, is TOKEN, a blank, and a line of ASCII JSON:

    {"ready": "cv2 4.10.0"}  or  {"error": "neither cv2 nor Pillow is installed there"}
    {"bytes": 41234}         done: the file stands under its name, whole
    {"fault": KIND, "why": SENTENCE}     nothing was written; KIND as envdoctor's data/facts.py has them, or "full"

A job is a line of JSON on stdin: [WHAT, SOURCE, TARGET], WHAT one of image, mask, copy. Paths are bytes, written as
latin-1. It ends when stdin does. A target is written beside its place and renamed, so that it is there whole or not at
all, and has the time of its source, by which a later run knows that it is done.
"""

import sys

PATH = list(sys.path)
HAS_CWD = PATH[:1] == [""]
os = sys.modules.get("os")
if os is None:  # python -S
    if HAS_CWD:
        del sys.path[0]
    import os
HOME = os.path.dirname(os.path.abspath(os.__file__))
sys.path[:] = [p for p in PATH if p == HOME or os.path.basename(p) == "lib-dynload"]
import errno
import io
import json
import math
import signal
import struct

sys.path[:] = PATH
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
MOST = 1 << 30  # pixels: what OpenCV takes
SHRINK = 2.0  # a JPEG is decoded at a half, a quarter, an eighth, but not below this many times the size wanted
PLAIN = ("RGB", "L", "P", "RGBA", "LA", "1")
TURNS = {2: "FLIP_LEFT_RIGHT", 3: "ROTATE_180", 4: "FLIP_TOP_BOTTOM", 5: "TRANSPOSE", 6: "ROTATE_270"}
TURNS.update({7: "TRANSVERSE", 8: "ROTATE_90"})


class Fault(Exception):
    def __init__(self, kind, why):
        Exception.__init__(self, why)
        self.kind = kind


def fitted(width, height, size):
    ratio = float(size) / max(width, height)
    return max(1, min(int(math.ceil(width * ratio)), size)), max(1, min(int(math.ceil(height * ratio)), size))


class Jpeg(object):
    """Width, height, colours, and whether it ends, of JPEG bytes. Fault where that is none."""

    def __init__(self, data):
        at, self.width, self.height, self.colours, self.exif = 2, 0, 0, 0, False
        while True:
            at = data.find(b"\xff", at)
            if at < 0 or at + 4 > len(data):
                raise Fault("truncated", "it ends in its header")
            marker = ord(data[at + 1 : at + 2])
            if marker in (0xFF, 0x00, 0x01) or 0xD0 <= marker <= 0xD8:
                at += 1 if marker == 0xFF else 2
                continue
            length = struct.unpack(">H", data[at + 2 : at + 4])[0]
            if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
                if at + 10 > len(data):
                    raise Fault("truncated", "it ends in its header")
                self.height, self.width, self.colours = struct.unpack(">HHB", data[at + 5 : at + 10])
            if marker == 0xE1 and data[at + 4 : at + 8] == b"Exif":
                self.exif = True
            if marker == 0xDA:
                break
            at += 2 + length
        if data.find(b"\xff\xd9", at) < 0:
            raise Fault("cut-short", "it ends before its last line")
        if not self.width or not self.height:
            raise Fault("truncated", "its header names no size")


def is_png(data):
    return data[:8] == b"\x89PNG\r\n\x1a\n"


def whole_png(data):
    if len(data) < 33:
        raise Fault("truncated", "it ends in its header")
    if b"IEND" not in data[-4096:]:
        raise Fault("cut-short", "it ends before its last line")


def small_enough(width, height, size):
    return max(width, height) <= size


def fits(width, height):
    if width * height > MOST:
        raise Fault("too-large", "%d x %d pixels are more than a decoder takes" % (width, height))


class Cv2(object):
    def __init__(self, options):
        import cv2
        import numpy

        cv2.setNumThreads(1)  # each CPU has a process of its own
        try:
            cv2.setLogLevel(0)
        except AttributeError:
            pass
        self.cv2, self.numpy, self.size, self.quality = cv2, numpy, options["size"], options["quality"]
        self.name = "cv2 %s" % cv2.__version__

    def image(self, data, ending, same):
        flag = self.cv2.IMREAD_COLOR
        plain = False
        if data[:3] == b"\xff\xd8\xff":
            jpeg = Jpeg(data)
            fits(jpeg.width, jpeg.height)
            plain = same and not jpeg.exif and jpeg.colours != 4
            if plain and small_enough(jpeg.width, jpeg.height, self.size):
                return data
            for factor in (8, 4, 2):
                if max(jpeg.width, jpeg.height) >= SHRINK * factor * self.size:
                    flag = getattr(self.cv2, "IMREAD_REDUCED_COLOR_%d" % factor, flag)
                    break
        elif is_png(data):
            whole_png(data)
            width, height, depth = struct.unpack(">IIB", data[16:25])
            fits(width, height)
            if same and depth <= 8 and b"eXIf" not in data[:4096] and small_enough(width, height, self.size):
                return data
        image = self.decoded(data, flag)
        height, width = image.shape[:2]
        if not small_enough(width, height, self.size):
            wanted = fitted(width, height, self.size)
            image = self.cv2.resize(image, wanted, interpolation=self.cv2.INTER_AREA)
        return self.encoded(image, ending)

    def mask(self, data, ending, same):
        if not is_png(data):
            raise Fault("strange", "its name says PNG, and it is none")
        whole_png(data)
        if ord(data[25:26]) == 3:
            raise Fault("strange", "a mask with a palette needs Pillow, which is not installed there")
        image = self.decoded(data, self.cv2.IMREAD_UNCHANGED)
        height, width = image.shape[:2]
        if small_enough(width, height, self.size):
            return data
        wanted = fitted(width, height, self.size)
        return self.encoded(self.cv2.resize(image, wanted, interpolation=self.cv2.INTER_NEAREST), "png")

    def decoded(self, data, flag):
        image = self.cv2.imdecode(self.numpy.frombuffer(data, self.numpy.uint8), flag)
        if image is None:
            raise Fault("strange", "cv2 cannot decode it")
        return image

    def encoded(self, image, ending):
        if ending == "npy":
            return saved_npy(self.numpy, image)
        if ending in ("jpg", "jpeg"):
            options = [self.cv2.IMWRITE_JPEG_QUALITY, self.quality]
        else:
            options = []
        good, made = self.cv2.imencode("." + ending, image, options)
        if not good:
            raise Fault("strange", "cv2 cannot write it")
        return made.tobytes()


class Pillow(object):
    def __init__(self, options):
        import PIL
        from PIL import Image

        Image.MAX_IMAGE_PIXELS = None
        self.Image, self.size, self.quality = Image, options["size"], options["quality"]
        self.name = "Pillow %s" % PIL.__version__

    def opened(self, data):
        try:
            image = self.Image.open(io.BytesIO(data))
        except Exception:
            raise Fault("strange", "Pillow knows no format that begins so")
        fits(*image.size)
        return image

    def image(self, data, ending, same):
        image = self.opened(data)
        turn = self.turn(image)
        width, height = image.size
        small = small_enough(width, height, self.size)
        try:
            if same and small and not turn and image.mode in PLAIN:
                image.load()  # a broken one must not pass for done
                return data
            if not small and image.format == "JPEG" and image.mode in ("RGB", "L"):
                wanted = fitted(width, height, self.size)
                image.draft(image.mode, (int(SHRINK * wanted[0]), int(SHRINK * wanted[1])))
            image.load()
        except (IOError, OSError, SyntaxError, ValueError, struct.error) as error:
            raise Fault("cut-short", "%s" % error)
        image = self.eight_bits(image)
        if not small:
            image = image.resize(fitted(width, height, self.size), self.Image.BICUBIC)
        if turn:
            image = image.transpose(getattr(self.Image, turn))
        return self.encoded(image, ending)

    def turn(self, image):
        try:
            exif = image.getexif() if hasattr(image, "getexif") else (getattr(image, "_getexif", dict)() or {})
            return TURNS.get(exif.get(0x0112))
        except Exception:  # what is no EXIF says nothing about orientation
            return None

    def eight_bits(self, image):
        if image.mode.startswith("I") or image.mode == "F":
            if image.mode.startswith("I"):  # 16 bits: the upper eight, as cv2 takes them
                image = image.convert("I").point(lambda value: value * (1.0 / 256))
            image = image.convert("L")
        return image.convert("RGB")

    def mask(self, data, ending, same):
        image = self.opened(data)
        if image.format != "PNG":
            raise Fault("strange", "its name says PNG, and it is none")
        try:
            image.load()
        except (IOError, OSError, SyntaxError, ValueError, struct.error) as error:
            raise Fault("cut-short", "%s" % error)
        if small_enough(image.size[0], image.size[1], self.size):
            return data
        wanted = fitted(image.size[0], image.size[1], self.size)
        return self.encoded(image.resize(wanted, self.Image.NEAREST), "png")

    def encoded(self, image, ending):
        if ending == "npy":
            try:
                import numpy
            except ImportError:
                raise Fault("strange", ".npy needs numpy, which is not installed there")
            return saved_npy(numpy, numpy.asarray(image)[:, :, ::-1])
        made = io.BytesIO()
        if ending in ("jpg", "jpeg"):
            image.save(made, "JPEG", quality=self.quality)
        else:
            image.save(made, "PNG")
        return made.getvalue()


class Both(object):
    """cv2 first; what it cannot do Pillow tries, where it is installed as well."""

    def __init__(self, first, second):
        self.first, self.second, self.name = first, second, first.name

    def image(self, data, ending, same):
        try:
            return self.first.image(data, ending, same)
        except Fault as fault:
            if fault.kind != "strange":
                raise
            return self.second.image(data, ending, same)

    def mask(self, data, ending, same):
        return self.second.mask(data, ending, same)


def saved_npy(numpy, array):
    """Blue, green, red, as cv2 has them and the YOLO frameworks want them."""
    held = io.BytesIO()
    numpy.save(held, numpy.ascontiguousarray(array), allow_pickle=False)
    return held.getvalue()


def library(options):
    made = []
    for name, make in (("cv2", Cv2), ("Pillow", Pillow)):
        if options["library"] in ("", name):
            try:
                made.append(make(options))
            except ImportError:
                continue
            except Exception as error:  # a library that is broken: a missing libGL, a wrong NumPy
                broken = "%s: %s" % (name, error)
                if options["library"] == name:
                    raise RuntimeError(broken)
    if not made:
        raise RuntimeError("neither cv2 nor Pillow is installed there")
    return made[0] if len(made) == 1 else Both(*made)


def ending_of(path):
    return path.rsplit(b".", 1)[-1].lower().decode("latin-1")


def done(tool, what, source, target, number):
    """Bytes written. Fault, or OSError with errno in FULL."""
    try:
        with open(source, "rb") as file:
            found = os.fstat(file.fileno())
            if what != "copy" and found.st_size == 0:
                raise Fault("empty", "it has no bytes")
            data = file.read()
    except (IOError, OSError) as error:
        kinds = {errno.ENOENT: "missing", errno.EACCES: "denied", errno.EPERM: "denied"}
        raise Fault(kinds.get(error.errno, "unreadable"), os.strerror(error.errno) if error.errno else "%s" % error)
    if what != "copy":
        same = ending_of(source) == ending_of(target)
        data = (tool.mask if what == "mask" else tool.image)(data, ending_of(target), same)
    folder = os.path.dirname(target)
    part = os.path.join(folder, (".envdoctor-%d-%d.part" % (os.getpid(), number)).encode("ascii"))
    try:
        with open(part, "wb") as file:
            file.write(data)
        os.utime(part, (found.st_mtime, found.st_mtime))
        os.rename(part, target)
    except (IOError, OSError):
        try:
            os.unlink(part)
        except OSError:
            pass
        raise
    return len(data)


def answer(token, said):
    line = ("%s %s\n" % (token, json.dumps(said))).encode("ascii")
    while line:
        line = line[os.write(1, line) :]


def main(token, options):
    try:
        tool = library(options)
    except Exception as error:
        answer(token, {"error": ("%s" % error)[:300]})
        return
    answer(token, {"ready": tool.name})
    stdin = sys.stdin if sys.version_info[0] == 2 else sys.stdin.buffer
    number = 0
    while True:
        line = stdin.readline()
        if not line.endswith(b"\n"):
            return
        number += 1
        what, source, target = json.loads(line.decode("ascii"))
        try:
            said = {"bytes": done(tool, what, source.encode("latin-1"), target.encode("latin-1"), number)}
        except Fault as fault:
            said = {"fault": fault.kind, "why": ("%s" % fault)[:300]}
        except MemoryError:
            said = {"fault": "too-large", "why": "there is not enough memory to decode it"}
        except (IOError, OSError) as error:
            full = error.errno in FULL
            said = {"fault": "full" if full else "unwritable", "why": os.strerror(error.errno or 0)[:300]}
        except Exception as error:  # any bytes may stand in a file, and libraries raise what they like
            said = {"fault": "strange", "why": ("%s: %s" % (type(error).__name__, error))[:300]}
        answer(token, said)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # envdoctor hears it, and closes stdin
    main(sys.argv[1], json.loads(sys.argv[2]))
    os._exit(0)
