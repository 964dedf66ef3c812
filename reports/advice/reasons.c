/* SPDX-License-Identifier: MIT */
/* Why traffic could not be audited, and why a rule that applied said nothing, in words. */

#include "reports/advice/reasons.h"

#include <string.h>

#include "base/attributes.h"

static const struct {
    const char *word, *name, *meaning;
} reasons[] = {
    {"no-keys", "not audited: no keys", "encrypted, and no keys"},
    {"unknown-cipher", "not audited: cipher", "encrypted in a way that cannot be read"},
    {"lost-at-tap", "not audited: lost", "packets that the capture does not have"},
    {"snaplen", "not audited: cut short",
     "packets that the capture has cut short (record with -s 0)"},
    {"began-before-capture", "not audited: begun before",
     "connections that began before the capture"},
    {"unsupported", "not audited: no HTTP", "no HTTP, or a form of it that cannot be read"},
    {"cap", "not audited: limit", "more than a limit of this program allows"},
};

static const struct {
    const char *word, *meaning;
} guards[] = {
#define GUARD_ROW(name, word, text) {word, text},
#include "analysis/guards.def"
#undef GUARD_ROW
};

const char *reason_name(const char *reason)
{
    for (unsigned i = 0; i < COUNT_OF(reasons); i++)
        if (strcmp(reasons[i].word, reason) == 0)
            return reasons[i].name;
    return "not audited: other";
}

const char *reason_meaning(const char *reason)
{
    for (unsigned i = 0; i < COUNT_OF(reasons); i++)
        if (strcmp(reasons[i].word, reason) == 0)
            return reasons[i].meaning;
    return reason;
}

const char *guard_meaning(const char *guard)
{
    for (unsigned i = 0; i < COUNT_OF(guards); i++)
        if (strcmp(guards[i].word, guard) == 0)
            return guards[i].meaning;
    return guard;
}
