/* What `unmush export` can write: one row for each format. */
#ifndef EXPORT_FORMATS_H
#define EXPORT_FORMATS_H

#include "export/verify.h"
#include "nets/model.h"

/* The command's options; a new one has its row in export/export_command.c. */
typedef struct ExportOptions {
    char *output;
    char *format; /* "auto", or a format's name */
    bool verify;
    bool half;                      /* float16 */
    bool int8;                      /* 8-bit numbers */
    StringList calibrate, pictures; /* of int8: what it is calibrated on, and judged on */
    double limit;                   /* dB of PSNR-Y that int8 may cost */
    char *evaluation; /* METRICS.JSON[:METHOD], NULL: the figures that the model brings */
    char *runtime;    /* of web pages: the folder of onnxruntime-web, NULL: looked for */
} ExportOptions;

typedef struct ExportJob {
    const ExportOptions *options;
    const char *source;        /* the model's file */
    const Model *model;        /* a generator */
    const char *second_source; /* NULL, or for formats that blend: */
    const Model *second;       /* the other end of the dial */
} ExportJob;

typedef enum FormatKind { FORMAT_FILE, FORMAT_FOLDER } FormatKind;

typedef struct Format {
    const char *name;       /* of --format */
    const char *extensions; /* that --format=auto knows it by, "param bin"; "": none */
    const char *title;      /* "ONNX, opset 17" */
    bool blends;            /* takes two models */
    bool any_size;          /* networks that take only multiples are made to take any size */
    FormatKind kind;        /* -o names a file (others may appear beside it), or a folder */
    bool has_texts;         /* has room for metadata: --evaluation is for it too */
    bool precisions;        /* --half and --int8 are for it too */
    /* Writes PATH; each file appears when it is whole. A folder is there already. 0 or -1. */
    int (*write)(const char *path, const ExportJob *job);
    /* Runs what was written at PATH and compares it with the model: verify_agreement's contract. */
    int (*verify)(const char *path, const ExportJob *job, Agreement *agreement);
    /* Where users can open it, one sentence that the caller frees. NULL: nothing to say. */
    char *(*opens_in)(const ExportJob *job);
} Format;

/* All, ending with one without a name. */
extern const Format FORMATS[];

/* "fp32", "fp16" or "int8" */
const char *export_precision(const ExportOptions *options);

/* The format that --format or the output's extension asks for. NULL with ERROR_USAGE, also where
 * it does not go with other options. */
const Format *format_choose(const ExportOptions *options);

#endif
