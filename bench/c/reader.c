/*
 * reader PROGRAM [ARGUMENT ...]
 *
 * Starts the program with its stdout on a pipe, reads it to the end with one 64 KiB buffer, and counts the
 * bytes. Prints the speed, from before the start to after the exit, and the bytes as JSON.
 */
#define _GNU_SOURCE
#include "piped_child.h"

#include <sys/wait.h>

int main(int argc, char **argv) {
  static char buffer[65536];
  if (argc < 2) {
    fprintf(stderr, "usage: reader PROGRAM [ARGUMENT ...]\n");
    return 2;
  }
  double started = seconds();
  int out[2];
  if (pipe2(out, O_CLOEXEC)) fail("pipe2", errno);
  pid_t pid = start_child(argv[1], argv + 1, out[1], 2);
  close(out[1]);

  long long bytes = 0;
  for (;;) {
    ssize_t got = read(out[0], buffer, sizeof buffer);
    if (got < 0) fail("read", errno);
    if (got == 0) break;
    bytes += got;
  }
  close(out[0]);
  int status;
  if (waitpid(pid, &status, 0) < 0) fail("waitpid", errno);
  if (status != 0) {
    fprintf(stderr, "%s ended with status %d\n", argv[1], status);
    return 1;
  }
  printf("{\"gigabytesPerSecond\":%.6f,\"bytes\":%lld}\n", (double)bytes / (seconds() - started) / 1e9,
         bytes);
  return 0;
}
