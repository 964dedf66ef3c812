/* SPDX-License-Identifier: MIT */
/*
 * The reserve: a transaction of a second, the log that the database has beside it, and what closing
 * writes. An eighth of a small file system, for there the reserve would be all of it.
 */

#include "reports/audit/room.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "reports/limits.h"

uint64_t room_reserve(uint64_t capacity)
{
    return capacity / 8 < LIMIT_DISK_RESERVE ? capacity / 8 : LIMIT_DISK_RESERVE;
}

bool room_is_short_of(uint64_t available, uint64_t reserve, bool was_short)
{
    return available < (was_short ? reserve + reserve / 2 : reserve);
}

void room_open(struct room *room, const char *folder)
{
    struct statvfs about;
    *room = (struct room){.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (room->folder >= 0 && fstatvfs(room->folder, &about) == 0)
        room->reserve = room_reserve((uint64_t)about.f_blocks * about.f_frsize);
}

void room_close(struct room *room)
{
    if (room->folder >= 0)
        close(room->folder);
    room->folder = -1;
}

uint64_t room_available(const struct room *room)
{
    struct statvfs about;
    if (room->folder < 0 || fstatvfs(room->folder, &about) != 0 || about.f_blocks == 0)
        return UINT64_MAX;
    return (uint64_t)about.f_bavail * about.f_frsize;
}

bool room_look(struct room *room)
{
    return room->is_short = room_is_short_of(room_available(room), room->reserve, room->is_short);
}
