/** What runs in a report: draws its charts with uPlot and turns over its samples. Plain JavaScript, as it stands in the page. */
export const pageScript: string = `
(() => {
  const { charts, samples } = JSON.parse(document.getElementById('data').textContent);
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const colours = () => dark.matches
    ? ['#58a6ff', '#f0b341', '#56d364', '#ff7b72', '#d2a8ff', '#39c5cf', '#ff9bce', '#b3bcc5']
    : ['#0969da', '#bc4c00', '#1a7f37', '#cf222e', '#8250df', '#1b7c83', '#bf3989', '#57606a'];
  const number = (value) => value == null ? '–' : Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(4)));
  let plots = [];
  const draw = () => {
    for (const plot of plots) plot.destroy();
    const style = getComputedStyle(document.documentElement);
    const [quiet, line] = ['--quiet', '--line'].map((name) => style.getPropertyValue(name));
    plots = charts.map(({ xLabel, series, small }, index) => {
      const place = document.getElementById('chart-' + index);
      const width = place.clientWidth;
      const axis = { stroke: quiet, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
      const data = uPlot.join(series.map(({ points }) => [points.map(([x]) => x), points.map(([, y]) => y)]));
      return new uPlot({
        width,
        height: small ? 170 : Math.max(240, Math.min(400, width * 0.5)),
        scales: { x: { time: false } },
        axes: [{ ...axis, label: small ? undefined : xLabel, values: (_, all) => all.map(number) }, { ...axis, size: 56, values: (_, all) => all.map(number) }],
        legend: { live: true },
        cursor: { drag: { x: true, y: false } },
        series: [
          { label: xLabel, value: (_, value) => number(value) },
          ...series.map(({ label, dots }, at) => ({
            label,
            stroke: colours()[at % colours().length],
            width: dots ? 1 : 1.6,
            dash: dots ? [4, 4] : undefined,
            spanGaps: true,
            points: { show: dots === true, size: 7, fill: colours()[at % colours().length] },
            value: (_, value) => number(value),
          })),
        ],
      }, data, place);
    });
  };
  draw();
  dark.addEventListener('change', draw);
  let waiting;
  addEventListener('resize', () => { clearTimeout(waiting); waiting = setTimeout(draw, 150); });
  const slider = document.getElementById('sample');
  slider?.addEventListener('input', () => {
    const { step, text } = samples[Number(slider.value)];
    document.getElementById('sample-step').textContent = 'step ' + step;
    document.getElementById('sample-text').textContent = text;
  });
})();
`;
