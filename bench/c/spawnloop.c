/*
 * spawnloop each COUNT PROGRAM [ARGUMENT ...]
 * spawnloop together COUNT PROGRAM [ARGUMENT ...]
 *
 * Runs the program COUNT times, one after the other or all at once, with stdout and stderr captured: the
 * system calls that Spillway makes, and nothing else. No library can be faster. Prints its times as JSON.
 */
#define _GNU_SOURCE
#include "piped_child.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct child {
  pid_t pid;
  int out, err;
};

static struct child start(const char *path, char *const argv[]) {
  int out[2], err[2];
  if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC)) fail("pipe2", errno);
  struct child child = {.pid = start_child(path, argv, out[1], err[1]), .out = out[0], .err = err[0]};
  close(out[1]);
  close(err[1]);
  return child;
}

static void read_to_end(struct child child) {
  static char buffer[65536];
  struct pollfd streams[2] = {{.fd = child.out, .events = POLLIN}, {.fd = child.err, .events = POLLIN}};
  int open_streams = 2;
  while (open_streams > 0) {
    if (poll(streams, 2, -1) < 0) fail("poll", errno);
    for (int i = 0; i < 2; i++) {
      if (streams[i].fd < 0 || !streams[i].revents) continue;
      ssize_t got = read(streams[i].fd, buffer, sizeof buffer);
      if (got < 0) fail("read", errno);
      if (got > 0) continue;
      close(streams[i].fd);
      streams[i].fd = -1; /* poll passes over a negative descriptor */
      open_streams--;
    }
  }
}

static void finish(struct child child) {
  read_to_end(child);
  siginfo_t peeked;
  if (waitid(P_PID, (id_t)child.pid, &peeked, WEXITED | WNOWAIT)) fail("waitid", errno);
  int status;
  struct rusage usage;
  if (wait4(child.pid, &status, 0, &usage) < 0) fail("wait4", errno);
  if (status != 0) {
    fprintf(stderr, "a child ended with status %d\n", status);
    exit(1);
  }
}

static int by_size(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

static void run_each(int count, const char *path, char *const argv[]) {
  double *times = calloc((size_t)count, sizeof *times);
  double total = 0;
  for (int i = -count / 3; i < count; i++) { /* the first third warms up */
    double started = seconds();
    finish(start(path, argv));
    if (i < 0) continue;
    times[i] = (seconds() - started) * 1e6;
    total += times[i];
  }
  qsort(times, (size_t)count, sizeof *times, by_size);
  double median = (times[(count - 1) / 2] + times[count / 2]) / 2;
  printf("{\"median\":%.3f,\"mean\":%.3f}\n", median, total / count);
}

static void run_together(int count, const char *path, char *const argv[]) {
  struct child *children = calloc((size_t)count, sizeof *children);
  for (int i = 0; i < 50; i++) finish(start(path, argv)); /* warm-up */
  double started = seconds();
  for (int i = 0; i < count; i++) children[i] = start(path, argv);
  for (int i = 0; i < count; i++) finish(children[i]);
  printf("{\"perSecond\":%.3f}\n", count / (seconds() - started));
}

int main(int argc, char **argv) {
  int together = argc > 1 && strcmp(argv[1], "together") == 0;
  if (argc < 4 || atoi(argv[2]) < 1 || (!together && strcmp(argv[1], "each") != 0)) {
    fprintf(stderr, "usage: spawnloop each|together COUNT PROGRAM [ARGUMENT ...]\n");
    return 2;
  }
  if (together) run_together(atoi(argv[2]), argv[3], argv + 3);
  else run_each(atoi(argv[2]), argv[3], argv + 3);
  return 0;
}
