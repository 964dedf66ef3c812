/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * How a program that opened an interface loses what it no longer needs, before it looks at the
 * first octet from the wire: another user, no capabilities, no way to gain any, only the folders of
 * its files, and only the system calls that the work takes.
 *
 * What this kernel does not offer is left out and told; what fails otherwise is an error.
 */

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attributes.h"
#include "base/error.h"

/* Whom to become. */
struct unprivileged {
    uid_t uid;
    gid_t gid;
    char name[64]; /* for messages */
};

/* `name` (NULL: whoever called sudo, else the owner of `folder`, else nobody). Where the program
 * does not run as root nothing changes: itself. */
bool unprivileged_choose(struct unprivileged *who, const char *name, const char *folder,
                         struct error *error) MUST_USE;

/* What may still be done. */
struct privileges_left {
    const char *const
        *folders; /* NULL at the end: files are read, written, made and removed there */
    bool serves;  /* a socket that listens already goes on taking connections */
    bool threads; /* are begun; they have no more rights than who begins them */
};

/* For good, while the process has a single thread. `told`: what was applied, in words. */
bool privileges_drop(const struct unprivileged *who, const struct privileges_left *left, char *told,
                     size_t size, struct error *error) MUST_USE;
