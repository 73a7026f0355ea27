/* Copies by splice(2) and its like that wait at a pipe for ever: PROGRAM WAY. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char bytes[4096];

/* Fills a pipe from memory, for ever. */
static void fill(int pipe) {
  struct iovec all = {bytes, sizeof bytes};
  while (vmsplice(pipe, &all, 1, 0) > 0) continue;
}

int main(int count, char **arguments) {
  const char *way = arguments[count - 1];
  int input[2], output[2], file = open(arguments[0], O_RDONLY), null = open("/dev/null", O_WRONLY);
  off_t start = 0;
  pipe(input);
  pipe(output);
  pid_t child = fork();
  if (child > 0) {
    if (!strcmp(way, "splice-full")) write(input[1], bytes, 100);
    /* It holds the other ends, and waits for the exit. */
    close(input[0]);
    close(output[1]);
    waitpid(child, 0, 0);
    return 0;
  }
  close(input[1]);
  close(output[0]);
  if (!strcmp(way, "splice-in")) splice(input[0], 0, null, 0, 100, 0);
  if (!strcmp(way, "splice-between")) splice(input[0], 0, output[1], 0, 100, 0);
  if (!strcmp(way, "splice-full")) {
    fcntl(output[1], F_SETFL, O_NONBLOCK);
    while (write(output[1], bytes, sizeof bytes) > 0) continue;
    fcntl(output[1], F_SETFL, 0);
    splice(input[0], 0, output[1], 0, 100, 0);
  }
  if (!strcmp(way, "splice-out")) for (;; start = 0) splice(file, &start, output[1], 0, 4096, 0);
  if (!strcmp(way, "sendfile")) for (;; start = 0) sendfile(output[1], file, &start, 4096);
  if (!strcmp(way, "tee")) tee(input[0], output[1], 100, 0);
  if (!strcmp(way, "vmsplice-in")) vmsplice(input[0], &(struct iovec){bytes, sizeof bytes}, 1, 0);
  if (!strcmp(way, "vmsplice-out")) fill(output[1]);
  return 0;
}
