/* SPDX-License-Identifier: MIT */
#pragma once
/* The sentence of an RFC on which a rule rests, word by word. */

struct norm_sentence {
    const char *text;   /* "[...]" where words are left out */
    const char *source; /* "RFC 9110 §15.4.5" */
};

/* NULL where no RFC says it: rules about waste. Lives for ever. */
const struct norm_sentence *norm_sentence_of(const char *rule);
/* The page on which that section stands, for reading; "" where `source` names none. Returns `text`.
 */
char *norm_address(const char *source, char text[96]);
