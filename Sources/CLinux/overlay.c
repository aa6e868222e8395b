#define _GNU_SOURCE
#include "overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Every directory is passed as /proc/self/fd/N: no escaping of colons, commas and backslashes, no limit of 256 bytes for
 * a value of fsconfig(2), and 200 layers fit into the one page of mount(2).
 */
enum { MAXIMUM_LAYERS = 500, PATH_SIZE = 32 };

static int open_path(const char *path) {
  int descriptor = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  return descriptor < 0 ? -errno : descriptor;
}

static void descriptor_text(char *buffer, int descriptor) { snprintf(buffer, PATH_SIZE, "/proc/self/fd/%d", descriptor); }

static int set(int context, const char *key, const char *value) {
  return fsconfig(context, FSCONFIG_SET_STRING, key, value, 0) < 0 ? -errno : 0;
}

/* The common options: no feature that stores more in the upper directory than a layer can hold, no sync at unmount. */
static const char *const switches[][2] = {{"metacopy", "off"}, {"index", "off"}, {"redirect_dir", "off"}};
enum { SWITCHES = 3 };

static int configure(int context, const struct cl_action *action, const int *lowers, int count, int upper, int work) {
  char path[PATH_SIZE];
  int result = 0;
  for (int index = 0; result == 0 && index < count; index++) {
    descriptor_text(path, lowers[index]);
    result = set(context, "lowerdir+", path);
  }
  if (result == 0 && upper >= 0) {
    descriptor_text(path, upper);
    result = set(context, "upperdir", path);
    descriptor_text(path, work);
    if (result == 0) result = set(context, "workdir", path);
    if (result == 0 && fsconfig(context, FSCONFIG_SET_FLAG, "volatile", NULL, 0) < 0) result = -errno;
  }
  /* "userxattr" implies not to follow redirects and refuses to be told so. */
  int count_of_switches = action->flags & CL_OVERLAY_USER_XATTR ? SWITCHES - 1 : SWITCHES;
  for (int index = 0; result == 0 && index < count_of_switches; index++) {
    result = set(context, switches[index][0], switches[index][1]);
  }
  if (result == 0 && action->flags & CL_OVERLAY_USER_XATTR) {
    if (fsconfig(context, FSCONFIG_SET_FLAG, "userxattr", NULL, 0) < 0) result = -errno;
  }
  return result;
}

static int mount_by_context(const struct cl_action *action, const int *lowers, int count, int upper, int work) {
  int context = fsopen("overlay", FSOPEN_CLOEXEC);
  if (context < 0) return -errno;
  int result = configure(context, action, lowers, count, upper, work);
  if (result == 0 && fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0) result = -errno;
  if (result == 0) {
    int mounted = fsmount(context, FSMOUNT_CLOEXEC, 0);
    if (mounted < 0) result = -errno;
    if (mounted >= 0 && move_mount(mounted, "", AT_FDCWD, action->target, MOVE_MOUNT_F_EMPTY_PATH) < 0) result = -errno;
    if (mounted >= 0) close(mounted);
  }
  close(context);
  return result;
}

/* Kernels before 6.7 have no "lowerdir+". */
static int mount_by_options(const struct cl_action *action, const int *lowers, int count, int upper, int work) {
  static char options[4096];
  size_t length = 0;
  for (int index = 0; index < count; index++) {
    length += (size_t)snprintf(options + length, sizeof options - length, "%s/proc/self/fd/%d",
                               index == 0 ? "lowerdir=" : ":", lowers[index]);
    if (length >= sizeof options) return -ENAMETOOLONG;
  }
  length += (size_t)snprintf(options + length, sizeof options - length, ",metacopy=off,index=off%s",
                             action->flags & CL_OVERLAY_USER_XATTR ? ",userxattr" : ",redirect_dir=off");
  if (length < sizeof options && upper >= 0) {
    length += (size_t)snprintf(options + length, sizeof options - length,
                               ",volatile,upperdir=/proc/self/fd/%d,workdir=/proc/self/fd/%d", upper, work);
  }
  if (length >= sizeof options) return -ENAMETOOLONG;
  return mount("overlay", action->target, "overlay", 0, options) < 0 ? -errno : 0;
}

int cl_mount_overlay(const struct cl_action *action) {
  static int lowers[MAXIMUM_LAYERS];
  int count = 0, result = 0, upper = -1, work = -1;
  for (; action->list[count]; count++) {
    if (count == MAXIMUM_LAYERS) return -E2BIG;
    lowers[count] = open_path(action->list[count]);
    if (lowers[count] < 0) return lowers[count];
  }
  if (action->source) {
    upper = open_path(action->source);
    if (upper < 0) return upper;
    work = open_path(action->data);
    if (work < 0) return work;
  }
  result = mount_by_context(action, lowers, count, upper, work);
  if (result == -EINVAL || result == -ENOSYS) result = mount_by_options(action, lowers, count, upper, work);
  for (int index = 0; index < count; index++) close(lowers[index]);
  if (upper >= 0) close(upper);
  if (work >= 0) close(work);
  return result;
}
