"""One room per DVC stage, in the order of the DAG, and `core`, which they share.

ingest      every file found becomes one row
validate    Great Expectations decides whether the table may go on
resample    one honest cohort, patients kept apart
resize      every sample as one small grey image
train       fit one network
evaluate    numbers with intervals, operating point, calibration, subgroups
explain     what each depth of the network saw
page        one self-contained page for each model
report      one page that compares the models and says where every film went
"""
