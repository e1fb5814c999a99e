//! Curves as SVG: bytes across and gigabytes a second up, both logarithmic.

use super::{Report, Row};
use crate::contender::Kind;
use crate::scenario::{Mode, size_name};
use crcheck_page::escaped;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 200.0;
const TOP: f64 = 16.0;
const BOTTOM: f64 = 48.0;

/// Okabe and Ito's colours, which people with any colour vision can tell apart.
const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
];

/// The chart of a mode's messages that start at an offset; none if nothing was timed there.
pub(super) fn chart(report: &Report, mode: Mode, offset_bytes: usize) -> Option<String> {
    let is_shown =
        |row: &&Row| row.scenario.mode == mode && row.scenario.offset_bytes == offset_bytes;
    let rows: Vec<&Row> = report.rows.iter().filter(is_shown).collect();
    let axes = Axes::of(&rows)?;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\n<title>{mode}, offset {offset_bytes}: GB/s by bytes</title>\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n",
    );
    svg += &axes.grid(mode);
    let mut labels = Vec::new();
    if matches!(mode, Mode::Throughput | Mode::Flushed) {
        svg += &limits(report, &axes, &rows, &mut labels);
    }
    svg += &curves(report, &axes, &rows, &mut labels);
    svg += &placed(labels);
    Some(svg + "</svg>\n")
}

struct Axes {
    size_low: f64,
    size_high: f64,
    rate_low: f64,
    rate_high: f64,
}

impl Axes {
    fn of(rows: &[&Row]) -> Option<Self> {
        let sizes = rows.iter().map(|row| row.scenario.size_bytes as f64);
        let rates = rows
            .iter()
            .flat_map(|row| row.cells.iter().map(|cell| cell.gb_per_s));
        let loads = rows.iter().filter_map(|row| row.load_gb_per_s);
        let (size_low, size_high) = bounds(sizes)?;
        let (rate_low, rate_high) = bounds(rates.chain(loads))?;
        Some(Self {
            // One size alone still needs an axis around it.
            size_low: if size_low == size_high {
                size_low / 2.0
            } else {
                size_low
            },
            size_high: if size_low == size_high {
                size_high * 2.0
            } else {
                size_high
            },
            rate_low: 10_f64.powf(rate_low.log10().floor()),
            rate_high: rate_high * 1.3,
        })
    }

    fn x(&self, bytes: f64) -> f64 {
        let part = (bytes / self.size_low).ln() / (self.size_high / self.size_low).ln();
        LEFT + part * (WIDTH - LEFT - RIGHT)
    }

    fn y(&self, rate: f64) -> f64 {
        let part = (rate / self.rate_low).ln() / (self.rate_high / self.rate_low).ln();
        HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
    }

    fn grid(&self, mode: Mode) -> String {
        let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
        let mut svg = String::new();
        for shift in 0..=32 {
            let bytes = (1_usize << shift) as f64;
            let every_second = self.size_high / self.size_low > 256.0 && shift % 2 == 1;
            if bytes < self.size_low || bytes > self.size_high || every_second {
                continue;
            }
            let (x, name) = (self.x(bytes), size_name(1 << shift));
            svg += &format!(
                "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#e4e4e4\"/><text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>\n",
                bottom + 18.0
            );
        }
        for power in -4..4 {
            for step in [1.0, 2.0, 5.0] {
                let rate = 10_f64.powi(power) * step;
                if rate < self.rate_low * 0.999 || rate > self.rate_high {
                    continue;
                }
                let y = self.y(rate);
                svg += &format!(
                    "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#e4e4e4\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{rate}</text>\n",
                    LEFT - 6.0,
                    y + 4.0
                );
            }
        }
        let across = match mode {
            Mode::Random => "longest message in bytes (lengths are random)",
            _ => "message in bytes",
        };
        svg + &format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{across}</text>\n<text transform=\"translate(16 {:.1}) rotate(-90)\" text-anchor=\"middle\">GB/s</text>\n",
            (LEFT + right) / 2.0,
            HEIGHT - 8.0,
            (TOP + bottom) / 2.0
        )
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let values = values.filter(|value| value.is_finite() && *value > 0.0);
    values.fold(None, |bounds, value| {
        let (low, high) = bounds.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// A name beside the end of its line: where that is, and how it is drawn.
struct Label {
    y: f64,
    name: String,
    style: String,
}

/// The limits as dashed grey lines: multiplication level, loads by size.
fn limits(report: &Report, axes: &Axes, rows: &[&Row], labels: &mut Vec<Label>) -> String {
    const GREY: &str = "fill=\"#777\"";
    let right = WIDTH - RIGHT;
    let mut svg = String::new();
    for multiply in &report.limits.multiply {
        if multiply.gb_per_s > axes.rate_high || multiply.gb_per_s < axes.rate_low {
            continue;
        }
        let y = axes.y(multiply.gb_per_s);
        svg += &format!(
            "<path d=\"M{LEFT} {y:.1}H{right}\" stroke=\"#888\" stroke-dasharray=\"2 4\"/>\n"
        );
        labels.push(Label {
            y,
            name: format!("multiply limit, {} bit", multiply.vector_bytes * 8),
            style: GREY.to_owned(),
        });
    }
    let points = rows.iter().filter_map(|row| {
        let load = row.load_gb_per_s?;
        Some((axes.x(row.scenario.size_bytes as f64), axes.y(load)))
    });
    let points: Vec<(f64, f64)> = points.collect();
    if let Some(&(_, y)) = points.last() {
        svg += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"#888\" stroke-dasharray=\"8 4\"/>\n",
            path(&points)
        );
        labels.push(Label {
            y,
            name: "load limit".to_owned(),
            style: GREY.to_owned(),
        });
    }
    svg
}

fn path(points: &[(f64, f64)]) -> String {
    let points = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
    points.collect::<Vec<String>>().join(" ")
}

/// The curves.
fn curves(report: &Report, axes: &Axes, rows: &[&Row], labels: &mut Vec<Label>) -> String {
    let mut svg = String::new();
    let mut counts = [0_usize; 2];
    // A plain load is among the limits.
    let drawn = report.contenders.iter();
    for contender in drawn.filter(|contender| contender.kind != Kind::Load) {
        let is_ours = contender.kind == Kind::Subject;
        let count = &mut counts[usize::from(is_ours)];
        let colour = COLOURS[*count % COLOURS.len()];
        let style = if is_ours {
            "stroke-width=\"2.5\""
        } else {
            "stroke-dasharray=\"5 3\""
        };
        let points = rows.iter().filter_map(|row| {
            let cell = row.cell(&contender.name)?;
            let size = row.scenario.size_bytes;
            Some((axes.x(size as f64), axes.y(cell.gb_per_s), size, cell))
        });
        let points: Vec<_> = points.collect();
        let Some(&(_, last, ..)) = points.last() else {
            continue;
        };
        *count += 1;
        let name = escaped(&contender.name);
        let line: Vec<(f64, f64)> = points.iter().map(|&(x, y, ..)| (x, y)).collect();
        svg += &format!(
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" {style}/>\n",
            path(&line)
        );
        for (x, y, size, cell) in &points {
            svg += &format!(
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{}\" fill=\"{colour}\"><title>{name}, {}: {} GB/s, {} ns</title></circle>\n",
                if is_ours { 3.5 } else { 2.0 },
                size_name(*size),
                cell.gb_per_s,
                cell.median_ns
            );
        }
        let weight = if is_ours { " font-weight=\"bold\"" } else { "" };
        labels.push(Label {
            y: last,
            name,
            style: format!("fill=\"{colour}\"{weight}"),
        });
    }
    svg
}

/// Names in the order of their curves' ends, at least a line apart and all inside.
fn placed(mut labels: Vec<Label>) -> String {
    const LINE: f64 = 15.0;
    labels.sort_by(|one, other| one.y.total_cmp(&other.y));
    let mut free = TOP + 8.0;
    let mut remaining = labels.len() as f64;
    let mut svg = String::new();
    for label in labels {
        let Label {
            y: end,
            name,
            style,
        } = label;
        let lowest = HEIGHT - BOTTOM - LINE * (remaining - 1.0);
        let y = end.min(lowest).max(free);
        (free, remaining) = (y + LINE, remaining - 1.0);
        svg += &format!(
            "<path d=\"M{:.1} {end:.1}L{:.1} {y:.1}\" stroke=\"#ccc\"/><text x=\"{:.1}\" y=\"{:.1}\" {style}>{name}</text>\n",
            WIDTH - RIGHT + 4.0,
            WIDTH - RIGHT + 18.0,
            WIDTH - RIGHT + 22.0,
            y + 4.0
        );
    }
    svg
}
