/* Internal to CLinux. */
#ifndef CLINUX_OVERLAY_H
#define CLINUX_OVERLAY_H

#include "launcher.h"

/* Mounts the overlay that `action` describes; 0 or -errno. Async-signal-safe. */
int cl_mount_overlay(const struct cl_action *action);

#endif
