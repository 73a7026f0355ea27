/*
 * reader bytes PROGRAM [ARGUMENT ...]
 * reader lines PROGRAM [ARGUMENT ...]
 *
 * Starts the program with its stdout on a pipe and reads it to the end: with one 64 KiB buffer, or line by
 * line with getline(3). Prints the speed, from before the start to after the exit, and what it has counted
 * as JSON; characters are without newlines.
 */
#define _GNU_SOURCE
#include "piped_child.h"

#include <sys/wait.h>

struct total {
  long long bytes, lines, characters;
};

static struct total read_bytes(int descriptor) {
  static char buffer[65536];
  struct total total = {0};
  for (;;) {
    ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got < 0) fail("read", errno);
    if (got == 0) break;
    total.bytes += got;
  }
  close(descriptor);
  return total;
}

static struct total read_lines(int descriptor) {
  FILE *stream = fdopen(descriptor, "r");
  if (!stream) fail("fdopen", errno);
  setvbuf(stream, NULL, _IOFBF, 65536);
  struct total total = {0};
  char *line = NULL;
  size_t room = 0;
  for (ssize_t length; (length = getline(&line, &room, stream)) >= 0;) {
    total.bytes += length;
    total.lines++;
    total.characters += length - (line[length - 1] == '\n');
  }
  if (ferror(stream)) fail("getline", errno);
  free(line);
  fclose(stream);
  return total;
}

int main(int argc, char **argv) {
  int by_lines = argc > 1 && strcmp(argv[1], "lines") == 0;
  if (argc < 3 || (!by_lines && strcmp(argv[1], "bytes") != 0)) {
    fprintf(stderr, "usage: reader bytes|lines PROGRAM [ARGUMENT ...]\n");
    return 2;
  }
  double started = seconds();
  int out[2];
  if (pipe2(out, O_CLOEXEC)) fail("pipe2", errno);
  pid_t pid = start_child(argv[2], argv + 2, out[1], 2);
  close(out[1]);

  struct total total = by_lines ? read_lines(out[0]) : read_bytes(out[0]);
  int status;
  if (waitpid(pid, &status, 0) < 0) fail("waitpid", errno);
  if (status != 0) {
    fprintf(stderr, "%s ended with status %d\n", argv[2], status);
    return 1;
  }
  printf("{\"gigabytesPerSecond\":%.6f,\"bytes\":%lld,\"lines\":%lld,\"characters\":%lld}\n",
         (double)total.bytes / (seconds() - started) / 1e9, total.bytes, total.lines, total.characters);
  return 0;
}
