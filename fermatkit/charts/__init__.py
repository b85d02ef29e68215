"""What draws time series, for the page and for the report: uPlot, vendored, and how we use it; their colours.

uPlot 1.6.32, https://github.com/leeoniya/uPlot, MIT (``uplot.LICENSE``): ``uplot.js`` and ``uplot.css`` are
its ``dist/uPlot.iife.min.js`` and ``dist/uPlot.min.css``, byte for byte.
"""
