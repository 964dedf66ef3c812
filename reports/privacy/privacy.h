/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What of a value from the wire is written down (docs/privacy.md). Analysis sees everything, so
 * verdicts are the same at every level; what goes into the database, or out of it with --redact,
 * goes through here.
 *
 * Standard: what a query (or a fragment, or a parameter of a path) says becomes a pseudonym, its
 * names stay. Strict: addresses and entity tags too, and who a proxy says that it speaks for; of a
 * User-Agent its family stays; of a head the values of fields that caching knows.
 */

#include "base/arena.h"
#include "base/attributes.h"
#include "base/error.h"
#include "base/slice.h"
#include "reports/privacy/pseudonym.h"

enum privacy_level { PRIVACY_FULL, PRIVACY_STANDARD, PRIVACY_STRICT };
const char *privacy_word(unsigned level); /* "full" ...; NULL past the end */

struct privacy {
    enum privacy_level level;
    struct pseudonyms *pseudonyms; /* NULL at PRIVACY_FULL */
    bool keeps_apart;              /* different opaque values and User-Agents stay so: letters
                                      instead of '*', and a pseudonym beside the family */
};

/* `key_file` as for pseudonyms_new(). */
bool privacy_init(struct privacy *privacy, enum privacy_level level, const char *key_file,
                  struct error *error) MUST_USE;
void privacy_fini(struct privacy *privacy);

/* What a value is. */
enum private_kind {
    PRIVATE_TEXT,    /* anything, with URLs and addresses in it perhaps */
    PRIVATE_URL,     /* the whole is one URL or reference */
    PRIVATE_HOST,    /* a name or an address, with port */
    PRIVATE_ADDRESS, /* one address; any other word is a name for somebody */
    PRIVATE_CLIENTS, /* addresses and names, as X-Forwarded-For and Forwarded have them */
    PRIVATE_CLIENT,  /* what one client is taken by: client_key */
    PRIVATE_TAGS,    /* entity tags, or a date in their place */
    PRIVATE_AGENT,   /* User-Agent */
    PRIVATE_HEAD,    /* a whole head, request or response */
    PRIVATE_DIGEST,  /* 16 octets that stand for a content */
    PRIVATE_KEY,     /* of an issue: made of values that somebody may guess */
    PRIVATE_OPAQUE,  /* what nobody needs to read: as many '*', or up to where a query begins */
};

/* The value as it is to be written: itself, or another one in the arena. Absent stays absent. */
struct slice privacy_of(const struct privacy *privacy, enum private_kind kind, struct slice value,
                        struct arena *arena);

/* An address as it is to be written. */
struct address privacy_of_address(const struct privacy *privacy, const struct address *address);

/* A finding's sentence, of which `form` is the part that does not come from the wire: "{}" stands
 * for what does (struct finding). */
struct slice privacy_of_message(const struct privacy *privacy, struct slice form,
                                struct slice message, struct arena *arena);

/* A target or URL in which the parameters that only defeat caches stay (analysis/url.h), since a
 * rule has shown that they do. */
struct slice privacy_of_busting(const struct privacy *privacy, struct slice target,
                                struct arena *arena);

struct slice privacy_of_busting_head(const struct privacy *privacy, struct slice head,
                                     struct arena *arena);

/* ---- for privacy_head.c ---- */

/* Text that grows in an arena. */
struct pen {
    struct arena *arena;
    uint8_t *at;
    size_t len, room;
};
void pen_put(struct pen *pen, struct slice text);
struct slice pen_slice(const struct pen *pen);

struct slice privacy_of_head(const struct privacy *privacy, struct slice head, struct arena *arena);
/* What the value of that field is; the level is strict. */
enum private_kind private_kind_of_field(struct slice name);

/* ---- agent_family.c ---- */

/* "Firefox", "curl", "bot"; "other" where it is none that is known. */
struct slice agent_family(struct slice user_agent);
