/*
 * producer BYTES [data | lines]
 *
 * Writes exactly BYTES bytes to stdout with write(2), 64 KiB at a time, faster than any reader takes them.
 *
 *   data    a pseudo-random block of 1 MiB, again and again, with a running counter stamped into every 4 KiB:
 *           a checksum of the whole differs when a page is lost, doubled or out of order
 *   lines   lines of 80 bytes, newline included, each with its number; they do not align with the writes, so
 *           that a reader's chunks end in the middle of a line
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_SIZE = 65536, PAGE = 4096, DATA_BLOCK = 1 << 20 };
enum { LINE = 80, LINES_IN_BLOCK = 4096, LINE_BLOCK = LINE * LINES_IN_BLOCK };

static char block[DATA_BLOCK] __attribute__((aligned(PAGE)));

static void write_all(const char *bytes, size_t length) {
  while (length > 0) {
    size_t part = length < WRITE_SIZE ? length : WRITE_SIZE;
    ssize_t written = write(STDOUT_FILENO, bytes, part);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      perror("producer: write");
      exit(1);
    }
    bytes += written;
    length -= (size_t)written;
  }
}

static void fill_with_data(void) {
  uint64_t state = 0x9e3779b97f4a7c15u; /* xorshift64 */
  for (size_t i = 0; i < DATA_BLOCK; i += 8) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memcpy(block + i, &state, 8);
  }
}

static void stamp_data(uint64_t round) {
  for (uint64_t page = 0; page < DATA_BLOCK / PAGE; page++) {
    uint64_t number = round * (DATA_BLOCK / PAGE) + page;
    memcpy(block + page * PAGE, &number, 8);
  }
}

static void fill_with_lines(void) {
  const char text[] = "0000000000 water that has somewhere to go does not burst the dam that holds it.";
  _Static_assert(sizeof text == LINE, "a line and its newline take 80 bytes");
  for (int i = 0; i < LINES_IN_BLOCK; i++) {
    memcpy(block + i * LINE, text, LINE - 1);
    block[i * LINE + LINE - 1] = '\n';
  }
}

static void stamp_lines(uint64_t round) {
  for (uint64_t i = 0; i < LINES_IN_BLOCK; i++) {
    uint64_t number = round * LINES_IN_BLOCK + i;
    char *digit = block + i * LINE + 9;
    for (; number > 0; number /= 10) *digit-- = (char)('0' + number % 10);
  }
}

int main(int argc, char **argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: producer BYTES [data | lines]\n");
    return 2;
  }
  uint64_t left = strtoull(argv[1], NULL, 10);
  int lines = argc > 2 && strcmp(argv[2], "lines") == 0;
  size_t block_size = lines ? LINE_BLOCK : DATA_BLOCK;
  if (lines) fill_with_lines();
  else fill_with_data();

  for (uint64_t round = 0; left > 0; round++) {
    if (lines) stamp_lines(round);
    else stamp_data(round);
    size_t part = left < block_size ? (size_t)left : block_size;
    write_all(block, part);
    left -= part;
  }
  return 0;
}
