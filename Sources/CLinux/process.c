#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

int cl_memfd_create(const char *name) {
  int descriptor = memfd_create(name, MFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int cl_eventfd(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

int cl_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC) < 0 ? -errno : 0; }

int64_t cl_getrandom(void *buffer, size_t size) {
  ssize_t count;
  do {
    count = getrandom(buffer, size, 0);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}

int cl_poll_readable(const int *descriptors, int count, int milliseconds, uint32_t *ready) {
  struct pollfd polled[32];
  if (count < 0 || count > 32) return -EINVAL;
  for (int index = 0; index < count; index++) polled[index] = (struct pollfd){.fd = descriptors[index], .events = POLLIN};
  int result;
  do {
    result = poll(polled, (nfds_t)count, milliseconds);
  } while (result < 0 && errno == EINTR);
  if (result < 0) return -errno;
  *ready = 0;
  for (int index = 0; index < count; index++) {
    if (polled[index].revents) *ready |= 1u << index;
  }
  return result;
}

uint32_t cl_geteuid(void) { return geteuid(); }
uint32_t cl_getegid(void) { return getegid(); }
int cl_getpid(void) { return getpid(); }
int cl_kill(int process, int signal) { return kill(process, signal) < 0 ? -errno : 0; }

int cl_kernel_version(uint32_t *major, uint32_t *minor) {
  struct utsname name;
  if (uname(&name) < 0) return -errno;
  return sscanf(name.release, "%u.%u", major, minor) == 2 ? 0 : -EINVAL;
}

int cl_spawn_thread(void *(*body)(void *), void *context) {
  pthread_attr_t attributes;
  int failed = pthread_attr_init(&attributes);
  if (failed) return -failed;
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all, before;
  sigfillset(&all);
  /* A thread inherits the mask: signals must reach the thread that handles them, never a worker. */
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_t thread;
  failed = pthread_create(&thread, &attributes, body, context);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pthread_attr_destroy(&attributes);
  return -failed;
}
