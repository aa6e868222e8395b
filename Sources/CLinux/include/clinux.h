/*
 * System calls that Swift cannot see through Glibc, one function per call.
 *
 * Every function returns a value >= 0 on success and -errno on failure; none touches errno's meaning for the caller,
 * none allocates, and each is restarted on EINTR where the call can be restarted. Structures are flattened, so that
 * no kernel header reaches Swift.
 */
#ifndef CLINUX_H
#define CLINUX_H

#include <stddef.h>
#include <stdint.h>

/* open flags, with the values of this architecture */
extern const uint64_t cl_o_rdonly, cl_o_wronly, cl_o_rdwr, cl_o_creat, cl_o_excl, cl_o_trunc, cl_o_append;
extern const uint64_t cl_o_path, cl_o_tmpfile, cl_o_directory, cl_o_nofollow, cl_o_cloexec, cl_o_nonblock, cl_o_noatime;
extern const uint64_t cl_resolve_beneath, cl_resolve_in_root, cl_resolve_no_magiclinks, cl_resolve_no_symlinks;
extern const int cl_at_fdcwd, cl_at_empty_path, cl_at_removedir, cl_at_symlink_follow;
extern const unsigned cl_rename_noreplace, cl_rename_exchange;
extern const int cl_lock_shared, cl_lock_exclusive, cl_lock_nonblocking, cl_lock_unlock;

/* What statx(2) says of a file: sizes in bytes, times in seconds and nanoseconds since the epoch. */
struct cl_status {
  uint64_t inode, size, blocks;
  uint32_t mode, uid, gid, links;
  uint32_t device_major, device_minor, special_major, special_minor;
  int64_t modified_seconds, changed_seconds;
  uint32_t modified_nanoseconds, changed_nanoseconds;
};

int cl_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve);
int cl_close(int descriptor);
int cl_statx(int directory, const char *path, int follow, struct cl_status *status);
int cl_fstatx(int descriptor, struct cl_status *status);
int64_t cl_getdents64(int descriptor, void *buffer, size_t size);
int64_t cl_readlinkat(int directory, const char *path, char *buffer, size_t size);

/* Extended attributes of `name` in `directory` without following it; an empty name means the directory itself. */
int64_t cl_getxattrat(int directory, const char *name, const char *attribute, void *buffer, size_t size);
int64_t cl_listxattrat(int directory, const char *name, char *buffer, size_t size);
int cl_setxattrat(int directory, const char *name, const char *attribute, const void *value, size_t size);
int cl_removexattrat(int directory, const char *name, const char *attribute);
int64_t cl_fgetxattr(int descriptor, const char *attribute, void *buffer, size_t size);
int64_t cl_flistxattr(int descriptor, char *buffer, size_t size);
int cl_fsetxattr(int descriptor, const char *attribute, const void *value, size_t size);

int cl_mkdirat(int directory, const char *name, uint32_t mode);
int cl_mknodat(int directory, const char *name, uint32_t mode, uint32_t major, uint32_t minor);
int cl_symlinkat(const char *target, int directory, const char *name);
int cl_linkat(int old_directory, const char *old_name, int new_directory, const char *new_name);
/* Gives a file opened with O_TMPFILE the name `name`; needs /proc. */
int cl_link_descriptor(int descriptor, int directory, const char *name);
int cl_renameat2(int old_directory, const char *old_name, int new_directory, const char *new_name, unsigned flags);
int cl_unlinkat(int directory, const char *name, int flags);
int cl_fchownat(int directory, const char *name, uint32_t uid, uint32_t gid);
int cl_fchown(int descriptor, uint32_t uid, uint32_t gid);
/* Changes the mode of something that is not a symbolic link. */
int cl_fchmodat(int directory, const char *name, uint32_t mode);
int cl_fchmod(int descriptor, uint32_t mode);
/* Sets access and modification time to the same value, without following. */
int cl_utimensat(int directory, const char *name, int64_t seconds, uint32_t nanoseconds);
int cl_futimens(int descriptor, int64_t seconds, uint32_t nanoseconds);

int64_t cl_read(int descriptor, void *buffer, size_t size);
int64_t cl_pread(int descriptor, void *buffer, size_t size, int64_t offset);
int64_t cl_write(int descriptor, const void *buffer, size_t size);
/* Copies up to `size` bytes from offset to offset, sharing blocks where the file system can. */
int64_t cl_copy_file_range(int from, int64_t from_offset, int to, int64_t to_offset, size_t size);
/* Makes `to` share all blocks of `from`; -EOPNOTSUPP or -EXDEV where that cannot be. */
int cl_clone_file(int from, int to);
int cl_ftruncate(int descriptor, int64_t size);
int cl_fsync(int descriptor);
int cl_fdatasync(int descriptor);
int cl_syncfs(int descriptor);
int cl_flock(int descriptor, int operation);
int cl_memfd_create(const char *name);
int cl_eventfd(void);
int cl_pipe(int descriptors[2]);
int64_t cl_getrandom(void *buffer, size_t size);
/* File system type and free bytes for unprivileged users, of the file system that holds `descriptor`. */
int cl_fstatfs(int descriptor, uint64_t *type, uint64_t *available);

/* Waits until one of the descriptors is readable or hung up; result bits follow the index, at most 32. `milliseconds` < 0: no limit. */
int cl_poll_readable(const int *descriptors, int count, int milliseconds, uint32_t *ready);

/* Stream sockets of the file system. `cl_unix_listen` makes `name` in `directory`; `path` may be of any length. */
int cl_unix_listen(int directory, const char *name);
int cl_unix_connect(const char *path);
int cl_accept(int listener);
/* As write(2), without SIGPIPE; -EAGAIN when the peer has not read for ten seconds. */
int64_t cl_send(int descriptor, const void *buffer, size_t size);

uint32_t cl_geteuid(void);
uint32_t cl_getegid(void);
int cl_getpid(void);
int cl_kill(int process, int signal);
/* Release of the running kernel as two numbers. */
int cl_kernel_version(uint32_t *major, uint32_t *minor);

/* A detached thread with all signals blocked that runs `body(context)`. */
int cl_spawn_thread(void *(*body)(void *), void *context);

#include "launcher.h"
#include "usernamespace.h"

#endif
