/* SPDX-License-Identifier: MIT */
/* The table of remedies; small, and asked a few times per report. */

#include "reports/advice/remedies.h"

#include <string.h>

#include "base/attributes.h"

static const struct remedy remedies[] = {
#define REMEDY_ROW(rule, software, since, text)     {rule, SOFTWARE_##software, since, text, true},
#define REMEDY_UNTRIED(rule, software, since, text) {rule, SOFTWARE_##software, since, text, false},
#include "reports/advice/remedies.def"
#undef REMEDY_ROW
#undef REMEDY_UNTRIED
};

const struct remedy *remedy_at(unsigned index)
{
    return index < COUNT_OF(remedies) ? &remedies[index] : NULL;
}

const char *remedy_doubt(const struct remedy *remedy)
{
    return remedy->tried ? "" : " (not tried)";
}

const struct remedy *remedy_find(const char *rule, enum software software)
{
    for (unsigned i = 0; i < COUNT_OF(remedies); i++)
        if (remedies[i].software == software && strcmp(remedies[i].rule, rule) == 0)
            return &remedies[i];
    return NULL;
}
