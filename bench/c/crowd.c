/*
 * crowd COUNT
 *
 * Makes COUNT idle processes, with nine descriptors each: /dev/null three times, a pipe that all share, and a
 * pipe, a pair of sockets and an eventfd of their own. One third each sleeps in read(2), poll(2) and
 * pause(2). Prints COUNT when all are there, and ends them at the end of its stdin, or when it dies.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

/* The gate stays empty: it keeps the processes waiting. */
static void idle(int number, int gate, int ready) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  int null = open("/dev/null", O_RDWR), ends[2], sockets[2];
  for (int fd = 0; fd < 3; fd++) dup2(null, fd);
  close(null);
  if (pipe(ends) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) != 0 || eventfd(0, 0) < 0) _exit(1);
  if (write(ready, "x", 1) != 1) _exit(1);
  close(ready);
  struct pollfd watched[] = {{.fd = gate, .events = POLLIN}, {.fd = sockets[0], .events = POLLIN}};
  char byte;
  if (number % 3 == 0 && read(gate, &byte, 1) >= 0) _exit(0);
  if (number % 3 == 1 && poll(watched, 2, -1) >= 0) _exit(0);
  pause();
  _exit(0);
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 0, gate[2], ready[2];
  pid_t *pids = calloc((size_t)count, sizeof *pids);
  if (pipe(gate) != 0 || pipe(ready) != 0) fail("pipe");
  int made = 0;
  while (made < count && (pids[made] = fork()) > 0) made++;
  if (made < count && pids[made] == 0) {
    close(gate[1]);
    close(ready[0]);
    idle(made, gate[0], ready[1]);
  }
  int problem = made < count;
  if (problem) perror("fork");
  close(ready[1]);
  char byte;
  int there = 0;
  while (read(ready[0], &byte, 1) == 1) there++;
  if (!problem && there == count) {
    printf("%d\n", count);
    fflush(stdout);
    while (read(0, &byte, 1) > 0) continue;
  } else {
    problem = 1;
    fprintf(stderr, "%d of %d processes could be made\n", there, count);
  }
  for (int i = 0; i < made; i++) kill(pids[i], SIGKILL);
  while (wait(NULL) > 0) continue;
  return problem;
}
