"""How long images take to become samples. Run by the user's interpreter, with what it has: cv2, Pillow, and others.

    python -c SOURCE TOKEN OPTIONS FILE...

prints TOKEN, one line of ASCII JSON, TOKEN. CPython 2.7 and 3.5 to 3.15. OPTIONS is JSON:

    seconds     for all of it        imgsz, batch      as in training
    library     "cv2" or "Pillow": what the framework decodes with; the other one where it is missing
    decodes     images decoded anew for a sample, may be broken
    mosaic      whether samples are mosaics            processes   how many at once, in the end
    package     of which the version is told

FILE is OFFSET:SIZE:PATH; size -1 is the whole file. Each file should be in the page cache already. The answer:

    framework   version of `package`, or ""
    libraries   [{name, version, images, cpu_each, pixels_each, problem}]     decoding alone, from memory
    loading     {library, decodes, decode, rest, alone, processes, together, small_decode, small_bytes, npy, convert,
                cpu} or null and `problem`
"""

import sys

PATH = list(sys.path)
HAS_CWD = PATH[:1] == [""]
os = sys.modules.get("os")
if os is None:  # python -S
    if HAS_CWD:
        del sys.path[0]
    import os
# A json.py beside the script must not be taken for the library's; what is measured is looked for where the user's is.
HOME = os.path.dirname(os.path.abspath(os.__file__))
sys.path[:] = [p for p in PATH if p == HOME or os.path.basename(p) == "lib-dynload"]
import io
import json
import math
import mmap
import time

sys.path[:] = PATH
wall = getattr(time, "perf_counter", time.time)
cpu = getattr(time, "process_time", time.clock if sys.version_info[0] == 2 else None)
LIBRARIES = ("cv2", "Pillow", "turbojpeg", "torchvision")


def told(error):
    return ("%s: %s" % (type(error).__name__, error))[:300]


class Spans(object):
    def __init__(self, given):
        self.files = []
        for one in given:
            offset, size, path = one.split(":", 2)
            self.files.append((int(offset), int(size), path))

    def read(self, index):
        offset, size, path = self.files[index % len(self.files)]
        with open(path, "rb") as file:
            file.seek(offset)
            return file.read(size)


class Cv2(object):
    name = "cv2"

    def __init__(self):
        import cv2
        import numpy

        cv2.setNumThreads(0)  # as in the workers of the frameworks; and a pool of threads does not survive a fork
        self.cv2, self.numpy = cv2, numpy
        self.version = cv2.__version__

    def decode(self, data):
        image = self.cv2.imdecode(self.numpy.frombuffer(data, self.numpy.uint8), 1)
        if image is None:
            raise ValueError("cv2 cannot decode it")
        return image

    def size(self, image):
        return image.shape[1], image.shape[0]

    def resized(self, image, width, height):
        return self.cv2.resize(image, (width, height), interpolation=self.cv2.INTER_LINEAR)

    def array(self, image):
        return image

    def jpeg(self, image):
        return self.cv2.imencode(".jpg", image, [self.cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()

    def convert(self, data, imgsz, long_side):
        flag = 1
        for factor, name in (
            (8, "IMREAD_REDUCED_COLOR_8"),
            (4, "IMREAD_REDUCED_COLOR_4"),
            (2, "IMREAD_REDUCED_COLOR_2"),
        ):
            if long_side >= 2 * imgsz * factor:
                flag = getattr(self.cv2, name, 1)
                break
        image = self.cv2.imdecode(self.numpy.frombuffer(data, self.numpy.uint8), flag)
        width, height = fitted(self.size(image), imgsz)
        return self.jpeg(self.cv2.resize(image, (width, height), interpolation=self.cv2.INTER_AREA))


class Pillow(object):
    name = "Pillow"

    def __init__(self):
        import PIL
        from PIL import Image

        try:
            import numpy
        except ImportError:
            numpy = None
        Image.MAX_IMAGE_PIXELS = None
        self.Image, self.numpy = Image, numpy
        self.version = PIL.__version__

    def decode(self, data):
        return self.Image.open(io.BytesIO(data)).convert("RGB")

    def size(self, image):
        return image.size

    def resized(self, image, width, height):
        return image.resize((width, height), self.Image.BILINEAR)

    def array(self, image):
        return self.numpy.asarray(image) if self.numpy else image

    def jpeg(self, image):
        made = io.BytesIO()
        image.save(made, "JPEG", quality=95)
        return made.getvalue()

    def convert(self, data, imgsz, long_side):
        image = self.Image.open(io.BytesIO(data))
        width, height = fitted(image.size, imgsz)
        image.draft("RGB", (2 * width, 2 * height))
        return self.jpeg(image.convert("RGB").resize((width, height), self.Image.BICUBIC))


class Turbojpeg(object):
    name = "turbojpeg"

    def __init__(self):
        import turbojpeg

        self.jpeg = turbojpeg.TurboJPEG()
        self.version = getattr(turbojpeg, "__version__", "")

    def decode(self, data):
        return self.jpeg.decode(data)

    def size(self, image):
        return image.shape[1], image.shape[0]


class Torchvision(object):
    name = "torchvision"

    def __init__(self):
        import torch
        import torchvision
        from torchvision.io import decode_image

        torch.set_num_threads(1)
        self.torch, self.function = torch, decode_image
        self.version = torchvision.__version__

    def decode(self, data):
        return self.function(self.torch.frombuffer(bytearray(data), dtype=self.torch.uint8))

    def size(self, image):
        return image.shape[2], image.shape[1]


MAKERS = {"cv2": Cv2, "Pillow": Pillow, "turbojpeg": Turbojpeg, "torchvision": Torchvision}
MODULES = {"cv2": "cv2", "Pillow": "PIL", "turbojpeg": "turbojpeg", "torchvision": "torchvision"}


def is_there(module):
    try:
        from importlib.util import find_spec
    except ImportError:  # Python 2
        import imp

        try:
            imp.find_module(module)
            return True
        except ImportError:
            return False
    try:
        return find_spec(module) is not None
    except Exception:
        return False


def fitted(size, imgsz):
    """As the YOLO loaders do it: the long side becomes imgsz."""
    width, height = size
    ratio = float(imgsz) / max(width, height)
    return max(1, min(int(math.ceil(width * ratio)), imgsz)), max(1, min(int(math.ceil(height * ratio)), imgsz))


def alone(library, spans, seconds):
    """Decoding from memory, CPU time, until the seconds are over."""
    done, pixels, spent, begun, problem = 0, 0, 0.0, wall(), ""
    for index in range(len(spans.files)):
        data = spans.read(index)
        before = cpu()
        try:
            image = library.decode(data)
        except Exception as error:
            problem = told(error)
            continue
        spent += cpu() - before
        width, height = library.size(image)
        done, pixels = done + 1, pixels + width * height
        if wall() - begun > seconds:
            break
    return {
        "name": library.name,
        "version": "%s" % library.version,
        "images": done,
        "cpu_each": spent / done if done else 0.0,
        "pixels_each": float(pixels) / done if done else 0.0,
        "problem": "" if done else problem,
    }


def keep_freed_memory():
    """As in a worker that makes tensors: there what lies above a freed image keeps the heap from being given back.

    Measured with 2000x1500 JPEGs: 1400 to 2100 page faults a sample in DataLoader workers, 1300 with this, 5900 without.
    """
    try:
        import ctypes

        mallopt = ctypes.CDLL(None).mallopt
    except Exception:  # not glibc
        return
    mallopt(-3, 32 << 20)  # M_MMAP_THRESHOLD: where glibc's own adjustment ends, which M_TRIM_THRESHOLD switches off
    mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


class Pipeline(object):
    """A worker: it decodes what a sample needs, finishes the sample, and collates a batch into fresh shared memory."""

    def __init__(self, library, spans, options):
        self.library, self.spans = library, spans
        self.imgsz, self.batch = options["imgsz"], options["batch"]
        self.decodes, self.mosaic = options["decodes"], options["mosaic"]
        self.floats = library.name == "Pillow" and not self.mosaic
        if self.floats:
            keep_freed_memory()
        self.index, self.owed, self.recent = 0, 0.0, []
        self.pending, self.decode_spent, self.decoded, self.rest_spent, self.samples = [], 0.0, 0, 0.0, 0

    def image(self):
        self.index += 1
        image = self.library.decode(self.spans.read(self.index))
        width, height = fitted(self.library.size(image), self.imgsz)
        if self.floats:  # RandomResizedCrop and its like: a square
            width = height = self.imgsz
        return self.library.resized(image, width, height)

    def sample(self):
        self.owed += self.decodes
        begun = wall()
        while self.owed >= 1 or not self.recent:
            try:
                self.recent.append(self.image())
            except Exception:  # broken files have been counted elsewhere; a whole set of them would never end
                if not self.recent and self.index > len(self.spans.files):
                    raise
            self.owed -= 1
            self.decoded += 1
        self.recent = self.recent[-4:]
        self.decode_spent += wall() - begun
        begun = wall()
        self.pending.append(self.finished())
        if len(self.pending) >= self.batch:
            self.collate()
        self.samples += 1
        self.rest_spent += wall() - begun

    def finished(self):
        array = self.library.array(self.recent[-1])
        numpy = self.library.numpy
        if numpy is None:
            return array.tobytes()
        if self.mosaic and self.library.name == "cv2":
            return self.mosaicked(numpy, self.library.cv2)
        if self.floats:
            return numpy.ascontiguousarray(array.transpose(2, 0, 1)).astype(numpy.float32) / numpy.float32(255)
        square = numpy.full((self.imgsz, self.imgsz, 3), 114, numpy.uint8)
        square[: array.shape[0], : array.shape[1]] = array
        return numpy.ascontiguousarray(square.transpose(2, 0, 1)[::-1])

    def mosaicked(self, numpy, cv2):
        """What both YOLO loaders do to the pixels of a mosaic; labels and further augmentation are not in it."""
        size = self.imgsz
        canvas = numpy.full((2 * size, 2 * size, 3), 114, numpy.uint8)
        for place in range(4):
            tile = self.recent[place % len(self.recent)]
            top, left = size * (place // 2), size * (place % 2)
            canvas[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
        matrix = numpy.array([[0.9, 0.05, -0.3 * size], [-0.05, 0.9, -0.3 * size]], numpy.float32)
        image = cv2.warpAffine(canvas, matrix, (size, size), borderValue=(114, 114, 114))
        table = numpy.arange(256, dtype=numpy.uint8)
        parts = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HSV))
        merged = cv2.merge([cv2.LUT(part, table) for part in parts])
        image = cv2.cvtColor(merged, cv2.COLOR_HSV2BGR)
        return numpy.ascontiguousarray(numpy.fliplr(image).transpose(2, 0, 1)[::-1])

    def collate(self):
        numpy = self.library.numpy
        if numpy is not None:
            first = self.pending[0]
            shared = mmap.mmap(-1, first.nbytes * len(self.pending))
            view = numpy.frombuffer(shared, first.dtype).reshape((len(self.pending),) + first.shape)
            numpy.stack(self.pending, out=view) if sys.version_info[0] > 2 else None
            del view
            shared.close()
        self.pending = []

    def run(self, seconds, least=1):
        """Samples a second, and CPU seconds of a sample."""
        begun, spent = wall(), cpu()
        while wall() - begun < seconds or self.samples < least:
            self.sample()
        return self.samples / (wall() - begun), (cpu() - spent) / self.samples


def together(make, processes, seconds):
    """Samples a second of several processes that run at the same time, and CPU seconds of a sample."""
    children = []
    go_read, go_write = os.pipe()
    for _ in range(processes):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                os.close(go_write)
                pipeline = make()
                os.read(go_read, 1)  # ends for all of them when the parent closes it
                os.write(writer, ("%.6f %.6f" % pipeline.run(seconds)).encode("ascii"))
            finally:
                os._exit(0)
        os.close(writer)
        children.append((pid, reader))
    os.close(go_read)
    os.close(go_write)
    total, spent = 0.0, 0.0
    for pid, reader in children:
        said = b""
        while True:
            piece = os.read(reader, 100)
            if not piece:
                break
            said += piece
        os.close(reader)
        os.waitpid(pid, 0)
        if not said:
            raise RuntimeError("a process of the measurement ended early")
        rate, each = map(float, said.split())
        total, spent = total + rate, spent + rate * each
    return total, spent / total


def small(library, spans, imgsz, seconds):
    """Images resized before: decoding, size in bytes, loading an .npy, and making the small one. Means, in seconds."""
    decode, sizes, npy, convert, done, begun = 0.0, 0, 0.0, 0.0, 0, wall()
    for index in range(len(spans.files)):
        data = spans.read(index)
        try:
            image = library.decode(data)
            size = library.size(image)
            width, height = fitted(size, imgsz)
            made = library.jpeg(library.resized(image, width, height))
            start = wall()
            library.decode(made)
            decode += wall() - start
            start = wall()
            library.convert(data, imgsz, max(size))
            convert += wall() - start
            if library.numpy is not None:
                held = io.BytesIO()
                library.numpy.save(held, library.array(image))
                start = wall()
                held.seek(0)
                array = library.numpy.load(held)
                if library.name == "cv2":
                    library.resized(array, width, height)
                npy += wall() - start
            sizes += len(made)
            done += 1
        except Exception:
            continue
        if wall() - begun > seconds:
            break
    if not done:
        raise ValueError("none of the images could be decoded")
    return decode / done, float(sizes) / done, npy / done, convert / done


def version_of(package):
    if not package:
        return ""
    try:
        from importlib.metadata import version
    except ImportError:
        try:
            from pkg_resources import get_distribution

            return get_distribution(package).version
        except Exception:
            return ""
    try:
        return version(package)
    except Exception:
        return ""


def loading(library, spans, options, seconds):
    pipeline = Pipeline(library, spans, options)
    pipeline.run(0.0, 2)  # what is slow the first time only
    pipeline = Pipeline(library, spans, options)
    rate, each = pipeline.run(0.35 * seconds, 4)
    processes = options["processes"]
    if processes > 1:
        several, each = together(lambda: Pipeline(library, spans, options), processes, 0.35 * seconds)
    else:
        several = rate
    small_decode, small_bytes, npy, convert = small(library, spans, options["imgsz"], 0.3 * seconds)
    return {
        "library": library.name,
        "decodes": options["decodes"],
        "decode": pipeline.decode_spent / max(1, pipeline.decoded),
        "rest": pipeline.rest_spent / pipeline.samples,
        "alone": rate,
        "processes": processes,
        "together": several,
        "small_decode": small_decode,
        "small_bytes": small_bytes,
        "npy": npy,
        "convert": convert,
        "cpu": each,
    }


def main(options, given):
    spans = Spans(given)
    begun, seconds = wall(), options["seconds"]
    answer = {"framework": version_of(options["package"]), "libraries": [], "loading": None, "problem": ""}
    made = {}
    wanted = options["library"]
    order = [wanted] + [name for name in LIBRARIES if name != wanted]
    for name in order:
        if not is_there(MODULES[name]):
            continue
        left = seconds - (wall() - begun)
        if name == "torchvision" and left < 6:  # it brings torch along: seconds for the import alone
            continue
        try:
            made[name] = MAKERS[name]()
        except Exception as error:
            row = {"name": name, "version": "", "images": 0, "cpu_each": 0.0, "pixels_each": 0.0}
            answer["libraries"].append(dict(row, problem=told(error)))
            continue
        if not answer["loading"] and name in ("cv2", "Pillow"):
            try:
                answer["loading"] = loading(made[name], spans, options, 0.55 * max(0.3, seconds - (wall() - begun)))
            except Exception as error:
                answer["problem"] = told(error)
        answer["libraries"].append(alone(made[name], spans, max(0.1, 0.3 * (seconds - (wall() - begun)))))
    if not answer["loading"] and not answer["problem"]:
        answer["problem"] = "neither cv2 nor Pillow is installed there"
    return answer


if __name__ == "__main__":
    TOKEN = sys.argv[1]
    try:
        SAID = main(json.loads(sys.argv[2]), sys.argv[3:])
    except (Exception, SystemExit) as failure:
        SAID = {"error": told(failure)}
    try:
        sys.stdout.flush()
    except Exception:
        pass
    OUT = ("\n%s\n%s\n%s\n" % (TOKEN, json.dumps(SAID), TOKEN)).encode("ascii")
    while OUT:
        OUT = OUT[os.write(1, OUT) :]
    os._exit(0)
