/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * What the values of options mean that are more than a text, a number, a size or a time. A setter
 * returns false and ERROR_USAGE, with what is wanted instead, where a value is wrong. Values are
 * borrowed: they live as long as the options do (argv, or options.owned).
 */

#include <stdbool.h>

#include "reports/options/options.h"

/* Returns false and "--option 'value': wants". */
bool option_wrong(struct error *error, const char *option, const char *value, const char *wants);
void text_list_add(struct text_list *list, const char *text);

bool option_set_color(struct options *options, const char *value, struct error *error);
bool option_set_severity(struct options *options, const char *value, struct error *error);
bool option_set_heads(struct options *options, const char *value, struct error *error);
bool option_set_client_key(struct options *options, const char *value, struct error *error);
bool option_set_privacy(struct options *options, const char *value, struct error *error);
bool option_set_table(struct options *options, const char *value, struct error *error);
bool option_set_software(struct options *options, const char *value, struct error *error);
bool option_set_role(struct options *options, const char *value, struct error *error);
bool option_set_price(struct options *options, const char *value, struct error *error);
bool option_set_accept(struct options *options, const char *value, struct error *error);
bool option_set_metrics(struct options *options, const char *value, struct error *error);
bool option_set_redact_key(struct options *options, const char *value, struct error *error);
bool option_set_keylog(struct options *options, const char *value, struct error *error);
bool option_set_only(struct options *options, const char *value, struct error *error);
bool option_set_skip(struct options *options, const char *value, struct error *error);
bool option_set_rule(struct options *options, const char *value, struct error *error);
bool option_set_threshold(struct options *options, const char *value, struct error *error);
bool option_set_compare_fail_on(struct options *options, const char *value, struct error *error);
bool option_set_fail_on(struct options *options, const char *value, struct error *error);
/* The same where name and value stand apart. */
bool option_set_threshold_value(struct options *options, const char *name, const char *value,
                                struct error *error);

/* The words by which they are chosen. */
const char *client_key_word(enum client_key key);
const char *role_word(enum role role);
