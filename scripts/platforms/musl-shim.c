/*
 * What Debian's libstdc++ takes from glibc and musl lacks: with it, programs that are linked with musl have a
 * C++ library on a system of glibc's. Alpine has one of its own.
 */
#define _GNU_SOURCE
#include <locale.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

void *__dso_handle __attribute__((visibility("hidden"))) = 0;
char __libc_single_threaded = 0;

size_t __strftime_l(char *text, size_t size, const char *format, const struct tm *time, locale_t locale) {
  return strftime_l(text, size, format, time, locale);
}

uint32_t arc4random(void) {
  uint32_t value = 0;
  if (getrandom(&value, sizeof value, 0) != sizeof value) abort();
  return value;
}

int __pthread_key_create(pthread_key_t *key, void (*end)(void *)) { return pthread_key_create(key, end); }

/* Not found: the unwinder then asks dl_iterate_phdr. */
int _dl_find_object(void *address, void *result) {
  (void)address, (void)result;
  return -1;
}

struct at_exit {
  void (*call)(void *);
  void *object;
  struct at_exit *next;
};
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void call_all(void *first) {
  for (struct at_exit *one = first, *next; one; one = next) {
    next = one->next;
    one->call(one->object);
    free(one);
  }
}

static void make_key(void) { pthread_key_create(&key, call_all); }

int __cxa_thread_atexit_impl(void (*call)(void *), void *object, void *library) {
  (void)library;
  pthread_once(&once, make_key);
  struct at_exit *one = malloc(sizeof *one);
  if (!one) return -1;
  *one = (struct at_exit){call, object, pthread_getspecific(key)};
  return pthread_setspecific(key, one);
}

/* istream::ignore(long), for which the library has versioned names alone. Nothing here calls it. */
void *_ZNSi6ignoreEl(void *stream, long count) {
  (void)stream, (void)count;
  abort();
}
void *_ZNSt13basic_istreamIwSt11char_traitsIwEE6ignoreEl(void *stream, long count) {
  (void)stream, (void)count;
  abort();
}
