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
monitor     compare new films with those of the training; a stage writes the reference
release     put the first network with all it needs into one folder
gate        decide whether a new network may replace the one in use; a program, no stage
screen      screen new films with a trained network; programs, no stage

A room imports `core` and itself, never another room; `core` imports no room. The table lists the
families of `core` that each room and each family imports directly.

Imports: begin (`make graph` writes this table)
  ingest             atomic, class_mapping, compute, corrections, errors, examination,
                     external_cohort, film, image_store, labels, marks_files, params, paths,
                     preflight, queued_copy, reasons, source, stage, tables
  validate           atomic, errors, external_cohort, html, image_store, params, paths, provenance,
                     reasons, stage, statistics, tables
  resample           atomic, class_mapping, errors, external_cohort, labels, params, paths, stage,
                     statistics, tables
  resize             atomic, compute, errors, external_cohort, film, image_store, params, paths,
                     source, stage, statistics, tables, unchanged_film
  train              atomic, average_film, classifier, compute, decision, errors, exclusive_lock,
                     film, film_defaults, image_store, onnx_bytes, onnx_file, params, paths,
                     square_views, stage, tables
  evaluate           atomic, classifier, compute, decision, errors, html, image_store, params,
                     paths, provenance, stage, statistics, tables, test_ledger
  explain            atomic, average_film, classifier, compute, errors, film, image_store, params,
                     paths, source, square_views, stage, statistics, tables, unchanged_film
  page               atomic, errors, film_defaults, hash_chain, html, image_store, json_form,
                     page_data, params, paths, provenance, readings, result_forms, stage,
                     statistics, tables, threshold_words, trained_settings
  report             atomic, corrections, dvc_hash, errors, film_defaults, hash_chain, html,
                     json_form, page_data, params, paths, provenance, readings, result_forms,
                     source, stage, statistics, tables, threshold_words, trained_settings
  monitor            atomic, champion, compute, decision, errors, examination, film, html,
                     image_store, marks_files, network, params, paths, source, stage, statistics,
                     tables, verdicts
  release            atomic, decision, errors, film_defaults, onnx_file, params, paths, stage,
                     statistics, tables
  gate               atomic, champion, compute, decision, errors, external_cohort, film, html,
                     image_store, json_form, network, params, paths, provenance, readings, source,
                     stage, statistics, tables, test_ledger, unchanged_film
  screen             atomic, compute, errors, examination, film, html, image_store, network,
                     page_data, params, paths, reasons, source, stage, statistics, verdicts

  core.atomic        -
  core.average_film  image_store
  core.champion      errors, paths
  core.class_mapping errors, labels
  core.classifier    errors, image_store, paths
  core.code_commit   -
  core.cohort_paths  -
  core.compute       errors, params, stage
  core.corrections   -
  core.decision      atomic, errors, image_store, paths, statistics
  core.dvc_hash      -
  core.errors        -
  core.examination   film
  core.exclusive_lock errors
  core.explain_paths -
  core.external_cohort errors, params
  core.film          image_store, params
  core.film_defaults params
  core.gate_paths    -
  core.hash_chain    errors, page_data, paths
  core.html          errors, paths
  core.image_store   atomic, errors
  core.input_guard   errors, params, params_read, paths
  core.json_form     errors
  core.labels        errors
  core.marks_files   errors, params, verdicts
  core.monitor_paths -
  core.network       champion, decision, errors, examination, film, image_store, onnx_bytes,
                     onnx_file, params, paths, square_views, verdicts
  core.onnx_bytes    protobuf_fields
  core.onnx_file     decision, errors, image_store, onnx_bytes, params, square_views
  core.page_data     -
  core.params        errors, params_read
  core.params_read   -
  core.paths         cohort_paths, explain_paths, gate_paths, monitor_paths, release_paths,
                     screen_paths
  core.phantom       atomic, compute, errors, paths, source, stage
  core.preflight     errors, params, paths
  core.protobuf_fields -
  core.provenance    atomic, code_commit, dvc_hash, params, params_read, paths, source
  core.queued_copy   paths, preflight
  core.readings      errors
  core.reasons       -
  core.release_paths -
  core.result_forms  -
  core.screen_paths  -
  core.source        errors, paths
  core.source_state  errors, source
  core.square_views  -
  core.stage         errors, input_guard, stale_pages
  core.stale_pages   atomic, paths
  core.statistics    -
  core.tables        atomic, errors
  core.test_ledger   atomic, code_commit, paths, readings
  core.threshold_words html
  core.trained_settings errors, params, paths
  core.unchanged_film errors, source
  core.verdicts      -
Imports: end
"""
