/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Is there room for a database that grows? Whoever asks in time loses nothing: what is written
 * between two looks, and what finishing takes, fits into the reserve.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"

struct room {
    int folder;       /* descriptor; -1: nobody knows, and there is always room */
    uint64_t reserve; /* octets that stay free */
    bool is_short;    /* at the last look */
};

/* How much stays free on a file system of that size. */
uint64_t room_reserve(uint64_t capacity);
/* Short below the reserve; no longer short from half as much again on, so that it does not
 * flutter. */
bool room_is_short_of(uint64_t available, uint64_t reserve, bool was_short);

/* For the file system of `folder`; to be opened before the privileges go. */
void room_open(struct room *room, const char *folder);
void room_close(struct room *room);
/* Looks; true while there is too little. */
bool room_look(struct room *room);
/* Octets that are free at this moment; UINT64_MAX where nobody knows. */
uint64_t room_available(const struct room *room);
