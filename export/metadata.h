/* What exported files say of themselves, as texts: ONNX and safetensors have room for them. */
#ifndef EXPORT_METADATA_H
#define EXPORT_METADATA_H

#include "export/formats.h"

/* The texts, in a table without arrays that the caller frees; NULL with an error. The model's own
 * (unmush.config, unmush.provenance, unmush.evaluation and what else it has), and
 *   unmush.name     of the source, without its extension
 *   unmush.graph    the network's type and hyper-parameters; not of networks that only ONNX knows
 *   unmush.scale, unmush.version
 *   unmush.colour   "RGB 0..1"
 *   unmush.overlap  input pixels by which tiles must overlap, from the receptive field
 *   unmush.tile     a good edge for tiles, in input pixels without the overlap, which then costs
 *                   at most half as much again, or 512; 0 for networks that look at whole pictures
 */
Weights *metadata_texts(const ExportJob *job);

/* Sets the model's text unmush.evaluation: an object with smoothing, hallucination, psnr_y and
 * detail_energy, and with set, pictures, degradation, scale, method, version. They are taken from
 * METRICS.JSON or METRICS.JSON:METHOD, as `unmush eval` writes it; without METHOD it is the one
 * that was measured of this very file. 0, or -1 with an error naming file and field. */
int metadata_set_evaluation(Model *model, const char *source, const char *argument);

#endif
