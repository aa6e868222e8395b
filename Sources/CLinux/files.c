#define _GNU_SOURCE
#include "clinux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

const uint64_t cl_o_rdonly = O_RDONLY, cl_o_wronly = O_WRONLY, cl_o_rdwr = O_RDWR, cl_o_creat = O_CREAT,
               cl_o_excl = O_EXCL, cl_o_trunc = O_TRUNC, cl_o_append = O_APPEND;
const uint64_t cl_o_path = O_PATH, cl_o_tmpfile = O_TMPFILE, cl_o_directory = O_DIRECTORY, cl_o_nofollow = O_NOFOLLOW,
               cl_o_cloexec = O_CLOEXEC, cl_o_nonblock = O_NONBLOCK, cl_o_noatime = O_NOATIME;
const uint64_t cl_resolve_beneath = RESOLVE_BENEATH, cl_resolve_in_root = RESOLVE_IN_ROOT,
               cl_resolve_no_magiclinks = RESOLVE_NO_MAGICLINKS, cl_resolve_no_symlinks = RESOLVE_NO_SYMLINKS;
const int cl_at_fdcwd = AT_FDCWD, cl_at_empty_path = AT_EMPTY_PATH, cl_at_removedir = AT_REMOVEDIR,
          cl_at_symlink_follow = AT_SYMLINK_FOLLOW;
const unsigned cl_rename_noreplace = RENAME_NOREPLACE, cl_rename_exchange = RENAME_EXCHANGE;
const int cl_lock_shared = LOCK_SH, cl_lock_exclusive = LOCK_EX, cl_lock_nonblocking = LOCK_NB, cl_lock_unlock = LOCK_UN;

/* The value of `call`, or -errno; repeated while a signal interrupts it. */
#define RESULT(type, call)                 \
  do {                                     \
    type value_;                           \
    do {                                   \
      value_ = (type)(call);               \
    } while (value_ < 0 && errno == EINTR); \
    return value_ < 0 ? -errno : value_;   \
  } while (0)

int cl_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
  /* EAGAIN: a rename raced with the resolution of "..", which the kernel asks to repeat. */
  for (int attempt = 0;; attempt++) {
    long result = syscall(SYS_openat2, directory, path, &how, sizeof how);
    if (result >= 0) return (int)result;
    if (errno == EINTR || (errno == EAGAIN && resolve != 0 && attempt < 128)) continue;
    return -errno;
  }
}

int cl_close(int descriptor) {
  /* Linux frees the descriptor even on EINTR: never close twice. */
  return close(descriptor) < 0 && errno != EINTR ? -errno : 0;
}

static int status_of(int directory, const char *path, int flags, struct cl_status *status) {
  struct statx raw;
  if (statx(directory, path, flags | AT_NO_AUTOMOUNT, STATX_BASIC_STATS, &raw) < 0) return -errno;
  *status = (struct cl_status){
      .inode = raw.stx_ino,
      .size = raw.stx_size,
      .blocks = raw.stx_blocks,
      .mode = raw.stx_mode,
      .uid = raw.stx_uid,
      .gid = raw.stx_gid,
      .links = raw.stx_nlink,
      .device_major = raw.stx_dev_major,
      .device_minor = raw.stx_dev_minor,
      .special_major = raw.stx_rdev_major,
      .special_minor = raw.stx_rdev_minor,
      .modified_seconds = raw.stx_mtime.tv_sec,
      .modified_nanoseconds = raw.stx_mtime.tv_nsec,
      .changed_seconds = raw.stx_ctime.tv_sec,
      .changed_nanoseconds = raw.stx_ctime.tv_nsec,
  };
  return 0;
}

int cl_statx(int directory, const char *path, int follow, struct cl_status *status) {
  return status_of(directory, path, follow ? 0 : AT_SYMLINK_NOFOLLOW, status);
}

int cl_fstatx(int descriptor, struct cl_status *status) { return status_of(descriptor, "", AT_EMPTY_PATH, status); }

int64_t cl_getdents64(int descriptor, void *buffer, size_t size) {
  RESULT(int64_t, syscall(SYS_getdents64, descriptor, buffer, size));
}

int64_t cl_readlinkat(int directory, const char *path, char *buffer, size_t size) {
  RESULT(int64_t, readlinkat(directory, path, buffer, size));
}

/* Room for "/proc/self/fd/N/" and a name of NAME_MAX bytes. */
#define DESCRIPTOR_PATH_SIZE 320

/* Kernels before 6.13 have no getxattrat: a single name below the descriptor's own /proc path is as safe. */
static int descriptor_path(char *buffer, int directory, const char *name) {
  const char *separator = *name ? "/" : "";
  int length = snprintf(buffer, DESCRIPTOR_PATH_SIZE, "/proc/self/fd/%d%s%s", directory, separator, name);
  return length < DESCRIPTOR_PATH_SIZE ? 0 : -ENAMETOOLONG;
}

int64_t cl_getxattrat(int directory, const char *name, const char *attribute, void *buffer, size_t size) {
  char path[DESCRIPTOR_PATH_SIZE];
  int failed = descriptor_path(path, directory, name);
  if (failed) return failed;
  if (!*name) RESULT(int64_t, getxattr(path, attribute, buffer, size));
  RESULT(int64_t, lgetxattr(path, attribute, buffer, size));
}

int64_t cl_listxattrat(int directory, const char *name, char *buffer, size_t size) {
  char path[DESCRIPTOR_PATH_SIZE];
  int failed = descriptor_path(path, directory, name);
  if (failed) return failed;
  if (!*name) RESULT(int64_t, listxattr(path, buffer, size));
  RESULT(int64_t, llistxattr(path, buffer, size));
}

int cl_setxattrat(int directory, const char *name, const char *attribute, const void *value, size_t size) {
  char path[DESCRIPTOR_PATH_SIZE];
  int failed = descriptor_path(path, directory, name);
  if (failed) return failed;
  if (!*name) RESULT(int, setxattr(path, attribute, value, size, 0));
  RESULT(int, lsetxattr(path, attribute, value, size, 0));
}

int cl_removexattrat(int directory, const char *name, const char *attribute) {
  char path[DESCRIPTOR_PATH_SIZE];
  int failed = descriptor_path(path, directory, name);
  if (failed) return failed;
  if (!*name) RESULT(int, removexattr(path, attribute));
  RESULT(int, lremovexattr(path, attribute));
}

int64_t cl_fgetxattr(int descriptor, const char *attribute, void *buffer, size_t size) {
  RESULT(int64_t, fgetxattr(descriptor, attribute, buffer, size));
}

int64_t cl_flistxattr(int descriptor, char *buffer, size_t size) {
  RESULT(int64_t, flistxattr(descriptor, buffer, size));
}

int cl_fsetxattr(int descriptor, const char *attribute, const void *value, size_t size) {
  RESULT(int, fsetxattr(descriptor, attribute, value, size, 0));
}

int cl_mkdirat(int directory, const char *name, uint32_t mode) { RESULT(int, mkdirat(directory, name, mode)); }

int cl_mknodat(int directory, const char *name, uint32_t mode, uint32_t major, uint32_t minor) {
  RESULT(int, mknodat(directory, name, mode, makedev(major, minor)));
}

int cl_symlinkat(const char *target, int directory, const char *name) {
  RESULT(int, symlinkat(target, directory, name));
}

int cl_linkat(int old_directory, const char *old_name, int new_directory, const char *new_name) {
  RESULT(int, linkat(old_directory, old_name, new_directory, new_name, 0));
}

int cl_link_descriptor(int descriptor, int directory, const char *name) {
  char path[DESCRIPTOR_PATH_SIZE];
  int failed = descriptor_path(path, descriptor, "");
  if (failed) return failed;
  RESULT(int, linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW));
}

int cl_renameat2(int old_directory, const char *old_name, int new_directory, const char *new_name, unsigned flags) {
  RESULT(int, renameat2(old_directory, old_name, new_directory, new_name, flags));
}

int cl_unlinkat(int directory, const char *name, int flags) { RESULT(int, unlinkat(directory, name, flags)); }

int cl_fchownat(int directory, const char *name, uint32_t uid, uint32_t gid) {
  RESULT(int, fchownat(directory, name, uid, gid, AT_SYMLINK_NOFOLLOW));
}

int cl_fchown(int descriptor, uint32_t uid, uint32_t gid) { RESULT(int, fchown(descriptor, uid, gid)); }

int cl_fchmodat(int directory, const char *name, uint32_t mode) {
  /* fchmodat follows links; pin the file first and refuse a link that came in between. */
  int pinned = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (pinned < 0) return -errno;
  struct stat raw;
  char path[DESCRIPTOR_PATH_SIZE];
  int result = fstat(pinned, &raw) < 0 ? -errno : S_ISLNK(raw.st_mode) ? -ELOOP : descriptor_path(path, pinned, "");
  if (result == 0 && chmod(path, mode) < 0) result = -errno;
  close(pinned);
  return result;
}

int cl_fchmod(int descriptor, uint32_t mode) { RESULT(int, fchmod(descriptor, mode)); }

int cl_utimensat(int directory, const char *name, int64_t seconds, uint32_t nanoseconds) {
  struct timespec time = {.tv_sec = seconds, .tv_nsec = nanoseconds};
  struct timespec both[2] = {time, time};
  RESULT(int, utimensat(directory, name, both, AT_SYMLINK_NOFOLLOW));
}

int cl_futimens(int descriptor, int64_t seconds, uint32_t nanoseconds) {
  struct timespec time = {.tv_sec = seconds, .tv_nsec = nanoseconds};
  struct timespec both[2] = {time, time};
  RESULT(int, futimens(descriptor, both));
}

int64_t cl_read(int descriptor, void *buffer, size_t size) { RESULT(int64_t, read(descriptor, buffer, size)); }

int64_t cl_pread(int descriptor, void *buffer, size_t size, int64_t offset) {
  RESULT(int64_t, pread(descriptor, buffer, size, offset));
}

int64_t cl_write(int descriptor, const void *buffer, size_t size) { RESULT(int64_t, write(descriptor, buffer, size)); }

int64_t cl_copy_file_range(int from, int64_t from_offset, int to, int64_t to_offset, size_t size) {
  off64_t source = from_offset, destination = to_offset;
  RESULT(int64_t, copy_file_range(from, &source, to, &destination, size, 0));
}

int cl_clone_file(int from, int to) { RESULT(int, ioctl(to, FICLONE, from)); }

int cl_ftruncate(int descriptor, int64_t size) { RESULT(int, ftruncate(descriptor, size)); }
int cl_fsync(int descriptor) { RESULT(int, fsync(descriptor)); }
int cl_fdatasync(int descriptor) { RESULT(int, fdatasync(descriptor)); }
int cl_syncfs(int descriptor) { RESULT(int, syncfs(descriptor)); }
int cl_flock(int descriptor, int operation) { RESULT(int, flock(descriptor, operation)); }

int cl_fstatfs(int descriptor, uint64_t *type, uint64_t *available) {
  struct statfs raw;
  if (fstatfs(descriptor, &raw) < 0) return -errno;
  *type = (uint64_t)raw.f_type;
  *available = (uint64_t)raw.f_bavail * (uint64_t)raw.f_bsize;
  return 0;
}
