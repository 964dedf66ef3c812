/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The link types of a capture: what libpcap calls each, and the filter compiled for each, since one
 * BPF expression is another program on every link.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "capture/limits.h"
#include "capture/reader.h"

struct bpf_insn;

struct link {
    uint32_t file_type; /* LINKTYPE_ */
    bool is_swapped;
    int type;                 /* DLT_ */
    struct bpf_insn *program; /* NULL: no filter, or none that this link understands */
    char *refusal;            /* libpcap's words where the filter does not compile here */
};

struct links {
    const char *filter; /* NULL: none */
    struct link links[LIMIT_LINKS];
    unsigned count;
    struct link beyond; /* stands for all that are too many: no filter matches there */
};

void links_init(struct links *links, const char *filter);
void links_fini(struct links *links);

/* The link of a record. Never NULL, stays where it is. */
struct link *links_find(struct links *links, const struct record *record);

/* Brings what a link keeps in the byte order of the capturing machine into this one's, in a packet
 * that was written in the other order. */
void link_straighten(const struct link *link, uint8_t *at, size_t len);

/* Whether the record passes the filter. */
bool link_passes(const struct links *links, const struct link *link, const struct record *record);
