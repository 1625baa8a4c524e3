/* TensorBoard's event files: records of a length, its CRC, bytes and their CRC; the bytes are a
 * protobuf message Event. Written by hand, as only six fields of that schema are needed:
 *
 *     Event       1 wall_time double, 2 step int64, 3 file_version string, 5 summary, 7 session_log
 *     Summary     1 value (repeated): 1 tag string, 2 simple_value float
 *     SessionLog  1 status enum: 1 is START
 *
 * tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto,
 * tensorflow/core/lib/io/record_writer.cc. */
#ifndef TRAIN_EVENTS_H
#define TRAIN_EVENTS_H

#include <cjson/cJSON.h>
#include <stdint.h>

typedef struct Events Events;

/* Begins a new FOLDER/tensorboard/events.out.tfevents.SECONDS.HOST. Where a run goes on after
 * `step` > 0, TensorBoard is told to forget what older files say of later steps. NULL with
 * ERROR_FILE. */
Events *events_open(const char *folder, int64_t step);
void events_close(Events *events);

/* Adds the numbers of a line of the log, as scalars_visit names them, in one write. ERROR_FILE. */
int events_add(Events *events, const cJSON *line);

/* The run went back to `step`: what was said of later ones is to be forgotten. */
int events_go_back(Events *events, int64_t step);

#endif
