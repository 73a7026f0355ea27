"""peer.py WORK COUNT | peer.py WORK BYTES PRODUCER

WORK is echo, many, count or lines, by asyncio; or text-lines, by subprocess in text mode. Prints a sample as
JSON, as the scripts in ../src/contenders do.
"""

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import time

LINE_BYTES = 80
WARM_UP_BYTES = 8_000_000
DEVNULL, PIPE = asyncio.subprocess.DEVNULL, asyncio.subprocess.PIPE


def expect_equal(actual, expected, what):
    if actual != expected:
        raise ValueError(f"{what}: {actual} instead of {expected}")


async def capture():
    child = await asyncio.create_subprocess_exec("echo", "hi", stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
    stdout, _ = await child.communicate()
    return stdout.decode().rstrip() == "hi" and child.returncode == 0


async def echo(count):
    for _ in range(count // 3):
        await capture()
    times = []
    right = 0
    for _ in range(count):
        started = time.perf_counter()
        right += await capture()
        times.append((time.perf_counter() - started) * 1e6)
    expect_equal(right, count, "right answers")
    return {"median": statistics.median(times), "mean": statistics.fmean(times)}


async def many(count):
    for _ in range(50):
        await capture()
    started = time.perf_counter()
    right = sum(await asyncio.gather(*(capture() for _ in range(count))))
    elapsed = time.perf_counter() - started
    expect_equal(right, count, "right answers")
    return {"perSecond": count / elapsed}


async def count_bytes(producer, size):
    child = await asyncio.create_subprocess_exec(producer, str(size), "data", stdin=DEVNULL, stdout=PIPE)
    total = 0
    while chunk := await child.stdout.read(65536):
        total += len(chunk)
    await child.wait()
    return total


async def read_lines(producer, size):
    child = await asyncio.create_subprocess_exec(producer, str(size), "lines", stdin=DEVNULL, stdout=PIPE)
    lines = characters = 0
    async for line in child.stdout:
        text = line.decode()
        lines += 1
        characters += len(text) - 1
    await child.wait()
    return lines, characters


def read_text_lines(producer, size):
    lines = characters = 0
    command = [producer, str(size), "lines"]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as child:
        for line in child.stdout:
            lines += 1
            characters += len(line) - 1
    return lines, characters


async def count(size, producer):
    await count_bytes(producer, WARM_UP_BYTES)
    started = time.perf_counter()
    expect_equal(await count_bytes(producer, size), size, "bytes")
    return {"gigabytesPerSecond": size / (time.perf_counter() - started) / 1e9}


def expect_lines(total, size):
    lines, characters = total
    expect_equal(lines, size // LINE_BYTES, "lines")
    expect_equal(characters, size - lines, "characters without newlines")


async def lines(size, producer):
    await read_lines(producer, WARM_UP_BYTES)
    started = time.perf_counter()
    total = await read_lines(producer, size)
    elapsed = time.perf_counter() - started
    expect_lines(total, size)
    return {"gigabytesPerSecond": size / elapsed / 1e9}


async def text_lines(size, producer):
    read_text_lines(producer, WARM_UP_BYTES)
    started = time.perf_counter()
    total = read_text_lines(producer, size)
    elapsed = time.perf_counter() - started
    expect_lines(total, size)
    return {"gigabytesPerSecond": size / elapsed / 1e9}


works = {"echo": echo, "many": many, "count": count, "lines": lines, "text-lines": text_lines}
# As Node, Bun, Deno and Go do at their start: 1,000 children need more descriptors than the usual 1,024.
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
_, work, amount, *rest = sys.argv
print(json.dumps(asyncio.run(works[work](int(amount), *rest))))
