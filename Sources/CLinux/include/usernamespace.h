/* Becoming root of a user namespace of one's own. */
#ifndef CLINUX_USERNAMESPACE_H
#define CLINUX_USERNAMESPACE_H

/*
 * Moves this process, which must have one thread only, into a new user namespace and makes it root there. The maps are
 * written by the two set-id programs: argv arrays without the process id, which is put at index 1.
 * Returns 0, -errno, or -EPERM when a program refuses.
 */
int cl_enter_user_namespace(char **uid_program, char **gid_program);

#endif
