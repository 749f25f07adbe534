// Draws each table of a figure as a line with its interval. The table is the source: without script it is all there is.
"use strict";

const language = document.documentElement.lang;
const day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { day: "numeric", month: "short", timeZone: "UTC" });
const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function readTable(table) {
  const rows = [...table.tBodies[0].rows];
  const given = (name) => rows.map((row) => (name in row.dataset ? Number(row.dataset[name]) : null));
  const days = rows.map((row) => Date.parse(`${row.dataset.day}T00:00:00Z`) / 1000);
  return [days, given("low"), given("high"), given("value")];
}

function draw(figure) {
  const place = figure.querySelector(".plot");
  const table = figure.querySelector("table");
  const unit = table.dataset.unit;
  const line = colour("--pico-primary");
  const axis = { stroke: colour("--pico-color"), grid: { stroke: colour("--ours-line"), width: 1 }, ticks: { show: false } };
  place.replaceChildren();
  new uPlot({
    width: place.clientWidth,
    height: 200,
    padding: [10, 10, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: true }, y: { range: (_, low, high) => unit === "percent" ? [0, 100] : [Math.min(0, low), Math.max(1, high * 1.1)] } },
    axes: [
      { ...axis, size: 30, values: (_, seconds) => seconds.map((one) => day.format(one * 1000)) },
      { ...axis, size: 50, values: (_, values) => values.map((one) => number.format(one)) },
    ],
    series: [{}, { stroke: "transparent" }, { stroke: "transparent" }, { stroke: line, width: 2, points: { show: true, size: 5, fill: line } }],
    bands: [{ series: [2, 1], fill: colour("--ours-band") }],
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
  }, readTable(table), place);
}

function drawAll() {
  document.querySelectorAll("figure.chart").forEach(draw);
}

let waiting;
addEventListener("resize", () => { clearTimeout(waiting); waiting = setTimeout(drawAll, 100); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
drawAll();
