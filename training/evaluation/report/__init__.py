"""The files of an evaluation; :func:`training.evaluation.report.write.write_reports` makes them."""
