#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

/* A socket whose writes give up after ten seconds with a peer that does not read. */
static int stream_socket(void) {
  int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return descriptor < 0 ? -errno : descriptor;
}

static void limit_sending(int descriptor) {
  struct timeval limit = {.tv_sec = 10};
  (void)setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

int cl_unix_listen(int directory, const char *name) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  /* By way of the descriptor, because a whole path may be longer than an address can be. */
  int length = snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name);
  if (length < 0 || (size_t)length >= sizeof address.sun_path) return -ENAMETOOLONG;
  int descriptor = stream_socket();
  if (descriptor < 0) return descriptor;
  if (bind(descriptor, (struct sockaddr *)&address, sizeof address) < 0 || listen(descriptor, 16) < 0) {
    int error = -errno;
    close(descriptor);
    return error;
  }
  return descriptor;
}

int cl_unix_connect(const char *path) {
  int place = open(path, O_PATH | O_CLOEXEC);
  if (place < 0) return -errno;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", place);
  int descriptor = stream_socket();
  int error = descriptor < 0 ? descriptor : 0;
  if (descriptor >= 0 && connect(descriptor, (struct sockaddr *)&address, sizeof address) < 0) error = -errno;
  close(place);
  if (error == 0) {
    limit_sending(descriptor);
    return descriptor;
  }
  if (descriptor >= 0) close(descriptor);
  return error;
}

int cl_accept(int listener) {
  int descriptor;
  do {
    descriptor = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
  } while (descriptor < 0 && errno == EINTR);
  if (descriptor < 0) return -errno;
  limit_sending(descriptor);
  return descriptor;
}

int64_t cl_send(int descriptor, const void *buffer, size_t size) {
  ssize_t count;
  do {
    count = send(descriptor, buffer, size, MSG_NOSIGNAL);
  } while (count < 0 && errno == EINTR);
  return count < 0 ? -errno : count;
}
