"""Pictures of reports and datasets: plain data to specifications of Vega-Lite, and those to charts, pages and files.

Drawing needs ``aiospectrum[report]``, which is imported when something is drawn first; what notebooks show does not.
"""
