/* SPDX-License-Identifier: MIT */
#include "reports/audit/room.h"

#include <unistd.h>

#include <criterion/criterion.h>

#include "reports/limits.h"

Test(room, of_a_small_disk_an_eighth_stays_free)
{
    cr_expect_eq(room_reserve(16 << 20), 2 << 20);
    cr_expect_eq(room_reserve(UINT64_C(1) << 40), LIMIT_DISK_RESERVE);
    cr_expect_eq(room_reserve(0), 0);
}

Test(room, a_pause_ends_with_half_as_much_again)
{
    cr_expect(!room_is_short_of(1000, 1000, false));
    cr_expect(room_is_short_of(999, 1000, false));
    cr_expect(room_is_short_of(1499, 1000, true), "else it would flutter");
    cr_expect(!room_is_short_of(1500, 1000, true));
}

Test(room, where_nobody_knows_there_is_enough)
{
    struct room room;
    room_open(&room, "/nowhere/at/all");
    cr_expect(!room_look(&room));
    room_close(&room);
}
