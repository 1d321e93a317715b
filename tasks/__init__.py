"""One room for each stage of dvc.yaml, in the order of the DAG, and `core`, which they share.

ingest      list every file of the source in one table
validate    check the table with Great Expectations; an error stops the run
resample    select the cohort and split it by patient
resize      scale every film to one small grey image
train       train each network
evaluate    measure each network: intervals, operating point, calibration, subgroups
explain     show what each network uses: activations, filters, Grad-CAM
page        write one page for each network
report      write the page that compares the networks and accounts for every film
screen      screen new films with a trained network; programs, no stage

A room imports `core` and itself, never another room; `core` imports no room. The table lists the
families of `core` that each room and each family imports directly.

Imports: begin (`make graph` writes this table)
  ingest            atomic, class_mapping, compute, corrections, errors, examination,
                    external_cohort, film, image_store, labels, params, paths, queued_copy, reasons,
                    source, stage, tables, verdicts
  validate          atomic, errors, external_cohort, html, image_store, params, paths, provenance,
                    reasons, stage, statistics, tables
  resample          atomic, class_mapping, errors, external_cohort, labels, params, paths, stage,
                    statistics, tables
  resize            atomic, compute, errors, external_cohort, film, image_store, params, paths,
                    source, stage, statistics, tables, unchanged_film
  train             atomic, average_film, classifier, compute, decision, errors, film, image_store,
                    onnx_bytes, onnx_file, params, paths, stage, tables
  evaluate          atomic, classifier, decision, errors, html, image_store, params, paths,
                    provenance, readings, stage, statistics, tables
  explain           atomic, average_film, classifier, compute, errors, film, image_store, params,
                    paths, source, stage, statistics, tables, unchanged_film
  page              atomic, errors, html, image_store, json_form, page_data, params, paths,
                    provenance, readings, result_forms, stage, statistics, tables
  report            atomic, corrections, dvc_hash, errors, html, json_form, page_data, params,
                    paths, provenance, readings, result_forms, source, stage, statistics, tables
  screen            atomic, compute, decision, errors, examination, film, html, image_store,
                    onnx_bytes, onnx_file, page_data, params, paths, reasons, source, stage,
                    statistics, verdicts

  core.atomic       -
  core.average_film image_store
  core.class_mappingerrors, labels
  core.classifier   errors, image_store, paths
  core.code_commit  -
  core.cohort_paths -
  core.compute      errors, params, stage
  core.corrections  -
  core.decision     atomic, errors, image_store, paths, statistics
  core.dvc_hash     -
  core.errors       -
  core.examination  film
  core.external_cohorterrors, params
  core.film         image_store, params
  core.html         errors, paths
  core.image_store  atomic, errors
  core.json_form    errors
  core.labels       errors
  core.onnx_bytes   protobuf_fields
  core.onnx_file    decision, errors, image_store, onnx_bytes, params
  core.page_data    -
  core.params       errors
  core.paths        cohort_paths, screen_paths
  core.phantom      atomic, compute, errors, paths, source, stage
  core.protobuf_fields-
  core.provenance   atomic, code_commit, dvc_hash, params, paths, source
  core.queued_copy  paths
  core.readings     errors
  core.reasons      -
  core.result_forms -
  core.screen_paths -
  core.source       errors, paths
  core.stage        errors, stale_pages
  core.stale_pages  atomic, paths
  core.statistics   -
  core.tables       atomic, errors
  core.unchanged_filmerrors, source
  core.verdicts     -
Imports: end
"""
