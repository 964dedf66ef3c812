/* SPDX-License-Identifier: MIT */
/* The options that bear on the verdicts, as the database keeps them. */

#include <jansson.h>
#include <stdio.h>

#include "reports/formats/json.h"
#include "reports/options/option_values.h"
#include "reports/options/options.h"
#include "reports/privacy/privacy.h"

static json_t *json_list(const struct text_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->n; i++)
        json_array_append_new(array, json_text(slice_of_text(list->items[i])));
    return array;
}

static void json_put_list(json_t *object, const char *name, const struct text_list *list)
{
    if (list->n)
        json_object_set_new(object, name, json_list(list));
}

static void json_put_time(json_t *object, const char *name, const struct time_limit *limit)
{
    if (limit->given)
        json_object_set_new(object, name, json_text(slice_of_text(limit->text)));
}

static void json_put_roles(json_t *object, const struct roles *roles)
{
    char address[46], network[64];
    if (roles->n == 0)
        return;
    json_t *array = json_array();
    for (size_t i = 0; i < roles->n; i++) {
        const struct role_of_network *row = &roles->networks[i];
        snprintf(network, sizeof network, "%s/%u", address_text(&row->network, address), row->bits);
        json_t *entry = json_object();
        json_object_set_new(entry, "network", json_string(network));
        json_object_set_new(entry, "role", json_string(role_word(row->role)));
        json_array_append_new(array, entry);
    }
    json_object_set_new(object, "roles", array);
}

char *options_json(const struct options *options)
{
    json_t *object = json_object();
    if (options->filter)
        json_object_set_new(object, "filter", json_text(slice_of_text(options->filter)));
    json_put_list(object, "host", &options->hosts);
    json_put_list(object, "leave_out", &options->left_out);
    json_put_roles(object, &options->roles);
    json_put_time(object, "from", &options->from);
    json_put_time(object, "until", &options->until);
    json_put_list(object, "only", &options->only);
    json_put_list(object, "skip", &options->skip);
    json_object_set_new(object, "client_key", json_string(client_key_word(options->client_key)));
    if (options->privacy != PRIVACY_FULL)
        json_object_set_new(object, "privacy", json_string(privacy_word(options->privacy)));
    json_object_set_new(object, "window_s", json_real((double)options->window_ns / 1e9));
    if (options->memory)
        json_object_set_new(object, "memory", json_integer((json_int_t)options->memory));
    return json_finish(object);
}

char *thresholds_json(const struct thresholds *thresholds)
{
    json_t *object = json_object();
    struct threshold_row row;
    for (unsigned i = 0; threshold_row(i, &row); i++)
        json_object_set_new(object, row.name, json_integer(threshold_value(thresholds, i)));
    return json_finish(object);
}
