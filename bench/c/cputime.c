/*
 * cputime COUNT PROGRAM [ARGUMENT ...]
 *
 * Runs the program COUNT times, one after the other, after a third as many to warm up, and prints the median
 * of its processor time, user and system, in milliseconds as JSON. The time is that of its whole tree: this
 * process is a subreaper, which inherits and waits for every descendant that outlives its parent.
 */
#define _GNU_SOURCE
#include "piped_child.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

static double milliseconds(struct timeval time) {
  return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static double run(const char *path, char *const argv[]) {
  pid_t pid = start_child(path, argv, 1, 2);
  double total = 0;
  for (;;) {
    int status;
    struct rusage usage; /* of the process and of the descendants that it has waited for */
    pid_t ended = wait4(-1, &status, 0, &usage);
    if (ended < 0 && errno == ECHILD) return total;
    if (ended < 0) fail("wait4", errno);
    total += milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime);
    if (ended == pid && status != 0) {
      fprintf(stderr, "%s ended with status %d\n", path, status);
      exit(1);
    }
  }
}

static int by_size(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  int count = argc > 2 ? atoi(argv[1]) : 0;
  if (count < 1) {
    fprintf(stderr, "usage: cputime COUNT PROGRAM [ARGUMENT ...]\n");
    return 2;
  }
  if (prctl(PR_SET_CHILD_SUBREAPER, 1)) fail("prctl", errno);
  double *times = calloc((size_t)count, sizeof *times);
  for (int i = -(count / 3); i < count; i++) {
    double time = run(argv[2], argv + 2);
    if (i >= 0) times[i] = time;
  }
  qsort(times, (size_t)count, sizeof *times, by_size);
  printf("{\"cpuMs\":%.3f}\n", (times[(count - 1) / 2] + times[count / 2]) / 2);
  return 0;
}
