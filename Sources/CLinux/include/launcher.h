/*
 * Starts a process inside new PID and mount namespaces of which nothing outlives its init.
 *
 * Between clone and exec only the C code of launcher.c runs, on copies of what the caller prepared: no allocation, no
 * lock, no Swift. The caller's thread must live as long as the child, because the parent-death signal follows threads.
 */
#ifndef CLINUX_LAUNCHER_H
#define CLINUX_LAUNCHER_H

#include <stddef.h>
#include <stdint.h>

enum cl_action_kind {
  /* Mounts an overlay at `target`: `list` = lower directories, highest first; `source` = upper; `data` = work. */
  CL_ACTION_OVERLAY = 1,
  /* Binds `source` on `target`; `flags` = CL_BIND_*. */
  CL_ACTION_BIND,
  /* Mounts a file system of type `source` at `target` with options `data` and mount(2) flags nosuid,nodev,noexec. */
  CL_ACTION_MOUNT,
  /* Writes the bytes `data` to the existing file `target` in one write. */
  CL_ACTION_WRITE,
  /* Unmounts `target` if something is mounted there. */
  CL_ACTION_UNMOUNT,
  /* Makes the directory `target`, mode 0755; one that exists is as good. */
  CL_ACTION_MAKE_DIRECTORY,
  /* Makes the file `target` with `size` bytes of `data`, mode `flags`, owner `uid` and group `gid`. */
  CL_ACTION_CREATE_FILE,
};

enum { CL_BIND_READ_ONLY = 1, CL_BIND_RECURSIVE = 2, CL_OVERLAY_USER_XATTR = 4 };

struct cl_action {
  int kind;
  uint32_t flags, uid, gid;
  const char *source, *target, *data;
  size_t size;
  const char *const *list;
};

struct cl_launch {
  const struct cl_action *actions;
  int action_count;
  /* Actions from this index on run in a user namespace of their own, mapped by `uid_map` and `gid_map`; -1: none. */
  int inner_from;
  const char *uid_map, *gid_map;
  /* argv[0] is the path of the program. */
  const char *const *argv, *const *envp;
  int standard_input, standard_output, standard_error;
};

struct cl_launched {
  /* Process id and pidfd of the init; killing it kills everything in the namespaces. */
  int process, process_descriptor;
  /* Readable: at most one struct cl_launch_failure, then end of file once the program runs or the init died. */
  int failure_descriptor;
};

struct cl_launch_failure {
  /* Index of the action; action_count: the exec; -1 signals, descriptors; -2 mount propagation; -3 user namespace. */
  int32_t action;
  int32_t error;
};

int cl_launch(const struct cl_launch *launch, struct cl_launched *launched);
int cl_kill_launched(int process_descriptor);
/* Reaps the init: its exit status (128 + signal for a killed program), or -errno. */
int cl_wait_launched(int process_descriptor);

#endif
