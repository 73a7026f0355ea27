/* Two threads that take two mutexes in opposite order, while the first thread sleeps on. */
#include <pthread.h>
#include <unistd.h>

static pthread_mutex_t mutexes[2] = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER};
static pthread_barrier_t both;

static void *take(void *first) {
  long mine = (long)first;
  pthread_mutex_lock(&mutexes[mine]);
  pthread_barrier_wait(&both);
  pthread_mutex_lock(&mutexes[1 - mine]);
  return 0;
}

int main(void) {
  pthread_t thread;
  pthread_barrier_init(&both, 0, 2);
  pthread_create(&thread, 0, take, (void *)0);
  pthread_create(&thread, 0, take, (void *)1);
  for (;;) pause();
}
