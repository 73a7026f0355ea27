/*
 * channelpair BYTES COUNT WARM_UP
 * channelpair echo BYTES COUNT
 *
 * Two processes that do only what a channel does: frames of a 4-byte big-endian length and the body, through
 * a pipe of 1 MiB. Small frames are gathered to 64 KiB for each write(2). Large ones are written without a
 * copy, by writev(2), and read into a buffer of their own. Each body begins with its number, as far as it has
 * room; the reader checks it. Prints messages and bytes per second from WARM_UP on; with `echo`, the mean of
 * a round trip in microseconds, one at a time.
 */
#define _GNU_SOURCE
#include "piped_child.h"

#include <stdint.h>
#include <sys/uio.h>
#include <sys/wait.h>

enum { HEADER = 4, BATCH = 65536, LARGE = 16384, PIPE_SIZE = 1 << 20 };

static unsigned char chunk[BATCH];
static unsigned char *body;
static size_t size;

static void stamp(unsigned char *at, uint32_t number) {
  memcpy(at, &number, size < 4 ? size : 4);
}

static void check(const unsigned char *at, uint32_t number) {
  if (memcmp(at, &number, size < 4 ? size : 4) != 0) {
    fprintf(stderr, "message %u is wrong\n", number);
    exit(1);
  }
}

static void put_header(unsigned char *at) {
  uint32_t length = __builtin_bswap32((uint32_t)size);
  memcpy(at, &length, HEADER);
}

static void write_all(int fd, const unsigned char *bytes, size_t length) {
  while (length > 0) {
    ssize_t count = write(fd, bytes, length);
    if (count < 0) fail("write", errno);
    bytes += count;
    length -= (size_t)count;
  }
}

static void send_large(int fd, uint32_t number) {
  unsigned char header[HEADER];
  put_header(header);
  stamp(body, number);
  struct iovec parts[2] = {{header, HEADER}, {body, size}};
  ssize_t count = writev(fd, parts, 2);
  if (count < 0) fail("writev", errno);
  if ((size_t)count < HEADER) fail("writev", EIO);
  write_all(fd, body + count - HEADER, size + HEADER - (size_t)count);
}

static void send_many(int fd, uint32_t from, uint32_t to) {
  size_t filled = 0;
  for (uint32_t number = from; number < to; number++) {
    if (size >= LARGE) {
      send_large(fd, number);
      continue;
    }
    if (filled + HEADER + size > BATCH) {
      write_all(fd, chunk, filled);
      filled = 0;
    }
    put_header(chunk + filled);
    memcpy(chunk + filled + HEADER, body, size);
    stamp(chunk + filled + HEADER, number);
    filled += HEADER + size;
  }
  write_all(fd, chunk, filled);
}

static void read_exactly(int fd, unsigned char *into, size_t length) {
  while (length > 0) {
    size_t most = length < BATCH ? length : BATCH;
    ssize_t count = read(fd, into, most);
    if (count < 0) fail("read", errno);
    if (count == 0) fail("read", EPIPE);
    into += count;
    length -= (size_t)count;
  }
}

static void receive_large(int fd, uint32_t number) {
  unsigned char header[HEADER], expected[HEADER];
  put_header(expected);
  read_exactly(fd, header, HEADER);
  if (memcmp(header, expected, HEADER) != 0) fail("header", EPROTO);
  read_exactly(fd, body, size);
  check(body, number);
}

static void receive_many(int fd, uint32_t from, uint32_t to) {
  size_t filled = 0;
  uint32_t number = from;
  if (size >= LARGE) {
    for (; number < to; number++) receive_large(fd, number);
    return;
  }
  while (number < to) {
    ssize_t count = read(fd, chunk + filled, BATCH - filled);
    if (count < 0) fail("read", errno);
    if (count == 0) fail("read", EPIPE);
    filled += (size_t)count;
    size_t at = 0;
    while (filled - at >= HEADER + size) {
      memcpy(body, chunk + at + HEADER, size);
      check(body, number++);
      at += HEADER + size;
    }
    memmove(chunk, chunk + at, filled - at);
    filled -= at;
  }
}

static int run(int is_echo, uint32_t count, uint32_t warm_up) {
  int there[2], back[2];
  if (pipe(there) || pipe(back)) fail("pipe", errno);
  fcntl(there[1], F_SETPIPE_SZ, PIPE_SIZE);
  pid_t pid = fork();
  if (pid < 0) fail("fork", errno);
  if (pid == 0) {
    if (is_echo) {
      for (uint32_t number = 0; number < count; number++) {
        receive_many(there[0], number, number + 1);
        send_many(back[1], number, number + 1);
      }
    } else {
      char go;
      send_many(there[1], 0, warm_up);
      if (read(back[0], &go, 1) != 1) fail("read", errno);
      send_many(there[1], warm_up, warm_up + count);
    }
    _exit(0);
  }
  double started;
  if (is_echo) {
    started = seconds();
    for (uint32_t number = 0; number < count; number++) {
      send_many(there[1], number, number + 1);
      receive_many(back[0], number, number + 1);
    }
  } else {
    receive_many(there[0], 0, warm_up);
    started = seconds();
    write_all(back[1], (const unsigned char *)"g", 1);
    receive_many(there[0], warm_up, warm_up + count);
  }
  double took = seconds() - started;
  int status;
  if (waitpid(pid, &status, 0) < 0) fail("waitpid", errno);
  if (status != 0) return 1;
  if (is_echo) printf("{\"mean\":%.6f}\n", took / count * 1e6);
  else
    printf("{\"millionsPerSecond\":%.6f,\"gigabytesPerSecond\":%.6f}\n", count / took / 1e6,
           (double)count * (double)size / took / 1e9);
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fprintf(stderr, "usage: channelpair BYTES COUNT WARM_UP | channelpair echo BYTES COUNT\n");
    return 2;
  }
  int is_echo = strcmp(argv[1], "echo") == 0;
  size = strtoul(argv[is_echo ? 2 : 1], NULL, 10);
  uint32_t count = (uint32_t)strtoul(argv[is_echo ? 3 : 2], NULL, 10);
  body = malloc(size + 8);
  if (!body) fail("malloc", errno);
  memset(body, 'x', size);
  return run(is_echo, count, is_echo ? 0 : (uint32_t)strtoul(argv[3], NULL, 10));
}
