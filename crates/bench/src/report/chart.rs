//! Charts as SVG: bytes across and GB/s up, both logarithmic.

use super::{BenchReport, BenchRow, Figure};
use crate::contender::ContenderKind;
use crate::scenario::{Mode, size_name};
use maud::{Markup, html};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 520.0;
const LEFT: f64 = 64.0;
const TOP: f64 = 16.0;
/// The right end of the axes; the names of the curves stand behind it.
const RIGHT: f64 = WIDTH - 200.0;
/// The lower end of the axes.
const BOTTOM: f64 = HEIGHT - 48.0;

/// The colours of Okabe and Ito, which people with any colour vision can tell apart.
const COLOURS: [&str; 7] = [
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000",
];

/// The chart of a mode for messages that start at an offset; `None` if nothing was timed there.
pub(super) fn chart(report: &BenchReport, mode: Mode, offset_bytes: usize) -> Option<Markup> {
    let is_shown =
        |row: &&BenchRow| row.scenario.mode == mode && row.scenario.offset_bytes == offset_bytes;
    let rows: Vec<&BenchRow> = report.rows.iter().filter(is_shown).collect();
    let axes = Axes::of(&rows)?;
    let mut labels = Vec::new();
    let limits = mode
        .is_bulk()
        .then(|| draw_limits(report, &axes, &rows, &mut labels));
    let curves = draw_curves(report, &axes, &rows, &mut labels);
    let view_box = format!("0 0 {WIDTH} {HEIGHT}");
    Some(html! {
        svg viewBox=(view_box) role="img" font-family="sans-serif" font-size="12" {
            "\n"
            title { (mode.name()) ", offset " (offset_bytes) ": GB/s by bytes" } "\n"
            rect width=(WIDTH) height=(HEIGHT) fill="#fff" {} "\n"
            (axes.draw(mode))
            @if let Some(limits) = limits { (limits) }
            (curves)
            (draw_labels(labels))
        }
        "\n"
    })
}

struct Axes {
    size_low: f64,
    size_high: f64,
    rate_low: f64,
    rate_high: f64,
}

impl Axes {
    /// Axes that hold every figure; `None` if there is none.
    fn of(rows: &[&BenchRow]) -> Option<Self> {
        let sizes = rows.iter().map(|row| row.scenario.size_bytes as f64);
        let figures = rows.iter().flat_map(|row| &row.figures);
        let rates = figures.map(|figure| figure.gb_per_s);
        let loads = rows.iter().filter_map(|row| row.load_gb_per_s);
        let (size_low, size_high) = bounds(sizes)?;
        let (rate_low, rate_high) = bounds(rates.chain(loads))?;
        // A single size needs an axis around it.
        let widened = if size_low == size_high { 2.0 } else { 1.0 };
        Some(Self {
            size_low: size_low / widened,
            size_high: size_high * widened,
            rate_low: 10_f64.powf(rate_low.log10().floor()),
            rate_high: rate_high * 1.3,
        })
    }

    fn x(&self, bytes: f64) -> f64 {
        let part = (bytes / self.size_low).ln() / (self.size_high / self.size_low).ln();
        LEFT + part * (RIGHT - LEFT)
    }

    fn y(&self, rate: f64) -> f64 {
        let part = (rate / self.rate_low).ln() / (self.rate_high / self.rate_low).ln();
        BOTTOM - part * (BOTTOM - TOP)
    }

    /// The sizes that have a line: powers of two, every second one on a long axis.
    fn sizes(&self) -> impl Iterator<Item = usize> {
        let is_long = self.size_high / self.size_low > 256.0;
        let shifts = (0..=32).step_by(if is_long { 2 } else { 1 });
        let sizes = shifts.map(|shift| 1_usize << shift);
        sizes.filter(|&bytes| (self.size_low..=self.size_high).contains(&(bytes as f64)))
    }

    /// The rates that have a line: 1, 2 and 5 times the powers of ten.
    fn rates(&self) -> impl Iterator<Item = f64> {
        let rates = (-4..4).flat_map(|power| [1.0, 2.0, 5.0].map(|step| 10_f64.powi(power) * step));
        rates.filter(|&rate| rate >= self.rate_low * 0.999 && rate <= self.rate_high)
    }

    fn draw(&self, mode: Mode) -> Markup {
        let across = match mode {
            Mode::Random => "longest message in bytes (lengths are random)",
            _ => "message in bytes",
        };
        let upright = format!("translate(16 {:.1}) rotate(-90)", (TOP + BOTTOM) / 2.0);
        html! {
            @for bytes in self.sizes() {
                @let x = self.x(bytes as f64);
                path d=(format!("M{x:.1} {TOP}V{BOTTOM}")) stroke="#e4e4e4" {}
                text x=(tenths(x)) y=(tenths(BOTTOM + 18.0)) text-anchor="middle" {
                    (size_name(bytes))
                }
                "\n"
            }
            @for rate in self.rates() {
                @let y = self.y(rate);
                path d=(format!("M{LEFT} {y:.1}H{RIGHT}")) stroke="#e4e4e4" {}
                text x=(tenths(LEFT - 6.0)) y=(tenths(y + 4.0)) text-anchor="end" { (rate) }
                "\n"
            }
            text x=(tenths((LEFT + RIGHT) / 2.0)) y=(tenths(HEIGHT - 8.0)) text-anchor="middle" {
                (across)
            }
            "\n"
            text transform=(upright) text-anchor="middle" { "GB/s" } "\n"
        }
    }
}

/// The least and the greatest of the values that a logarithmic axis can show.
fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let values = values.filter(|value| value.is_finite() && *value > 0.0);
    values.fold(None, |bounds, value| {
        let (low, high) = bounds.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// A coordinate.
fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

/// A name beside the end of its line.
struct Label {
    y: f64,
    name: String,
    colour: &'static str,
    is_bold: bool,
}

impl Label {
    fn of_limit(y: f64, name: String) -> Self {
        Self {
            y,
            name,
            colour: "#777",
            is_bold: false,
        }
    }
}

/// The limits as dashed grey lines: multiplication level, loads by size.
fn draw_limits(
    report: &BenchReport,
    axes: &Axes,
    rows: &[&BenchRow],
    labels: &mut Vec<Label>,
) -> Markup {
    let multiply = report.limits.multiply.iter();
    let multiply = multiply
        .filter(|limit| (axes.rate_low..=axes.rate_high).contains(&limit.gb_per_s))
        .map(|limit| {
            let name = format!("multiply limit, {} bit", limit.vector_bytes * 8);
            Label::of_limit(axes.y(limit.gb_per_s), name)
        });
    let multiply: Vec<Label> = multiply.collect();
    let loads = rows.iter().filter_map(|row| {
        let load = row.load_gb_per_s?;
        Some((axes.x(row.scenario.size_bytes as f64), axes.y(load)))
    });
    let loads: Vec<(f64, f64)> = loads.collect();
    let markup = html! {
        @for Label { y, .. } in &multiply {
            @let line = format!("M{LEFT} {y:.1}H{RIGHT}");
            path d=(line) stroke="#888" stroke-dasharray="2 4" {} "\n"
        }
        @if !loads.is_empty() {
            polyline points=(points(&loads)) fill="none" stroke="#888" stroke-dasharray="8 4" {}
            "\n"
        }
    };
    labels.extend(multiply);
    let end = loads.last();
    labels.extend(end.map(|&(_, y)| Label::of_limit(y, "load limit".to_owned())));
    markup
}

fn points(points: &[(f64, f64)]) -> String {
    let points = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
    points.collect::<Vec<String>>().join(" ")
}

/// A figure at its place in the chart.
struct Point<'r> {
    x: f64,
    y: f64,
    size_bytes: usize,
    figure: &'r Figure,
}

fn draw_curves(
    report: &BenchReport,
    axes: &Axes,
    rows: &[&BenchRow],
    labels: &mut Vec<Label>,
) -> Markup {
    let mut subjects = 0..;
    let mut others = 0..;
    let mut curves = Vec::new();
    // A plain load is among the limits.
    let drawn = report.contenders.iter();
    for contender in drawn.filter(|contender| contender.kind != ContenderKind::Load) {
        let points = rows.iter().filter_map(|row| {
            let figure = row.figure(&contender.name)?;
            let size_bytes = row.scenario.size_bytes;
            let (x, y) = (axes.x(size_bytes as f64), axes.y(figure.gb_per_s));
            Some(Point {
                x,
                y,
                size_bytes,
                figure,
            })
        });
        let points: Vec<Point<'_>> = points.collect();
        let Some(last) = points.last() else {
            continue;
        };
        let is_subject = contender.kind == ContenderKind::Subject;
        let index = if is_subject {
            &mut subjects
        } else {
            &mut others
        }
        .next();
        let label = Label {
            y: last.y,
            name: contender.name.clone(),
            colour: COLOURS[index.unwrap_or(0) % COLOURS.len()],
            is_bold: is_subject,
        };
        curves.push(draw_curve(&label, &points));
        labels.push(label);
    }
    html! { @for curve in curves { (curve) } }
}

/// A curve with the name and colour of its label; thick for a subject, dashed for others.
fn draw_curve(label: &Label, curve: &[Point<'_>]) -> Markup {
    let Label {
        name,
        colour,
        is_bold,
        ..
    } = label;
    let line: Vec<(f64, f64)> = curve.iter().map(|point| (point.x, point.y)).collect();
    let radius = if *is_bold { 3.5 } else { 2.0 };
    let stroke_width = is_bold.then_some("2.5");
    let dashes = (!is_bold).then_some("5 3");
    html! {
        polyline points=(points(&line)) fill="none" stroke=(colour) stroke-width=[stroke_width]
            stroke-dasharray=[dashes] {}
        "\n"
        @for Point { x, y, size_bytes, figure } in curve {
            circle cx=(tenths(*x)) cy=(tenths(*y)) r=(radius) fill=(colour) {
                title {
                    (name) ", " (size_name(*size_bytes)) ": " (figure.gb_per_s) " GB/s, "
                    (figure.median_ns) " ns"
                }
            }
            "\n"
        }
    }
}

/// The names in the order of the ends of their lines, at least a line apart and inside the axes.
fn draw_labels(mut labels: Vec<Label>) -> Markup {
    const LINE: f64 = 15.0;
    labels.sort_by(|one, other| one.y.total_cmp(&other.y));
    let mut free = TOP + 8.0;
    let mut remaining = labels.len() as f64;
    let placed = labels.into_iter().map(|label| {
        let lowest = BOTTOM - LINE * (remaining - 1.0);
        let y = label.y.min(lowest).max(free);
        (free, remaining) = (y + LINE, remaining - 1.0);
        (label, y)
    });
    let (from, to, start) = (RIGHT + 4.0, RIGHT + 18.0, RIGHT + 22.0);
    html! {
        @for (Label { y: end, name, colour, is_bold }, y) in placed {
            path d=(format!("M{from:.1} {end:.1}L{to:.1} {y:.1}")) stroke="#ccc" {}
            text x=(tenths(start)) y=(tenths(y + 4.0)) fill=(colour)
                font-weight=[is_bold.then_some("bold")] { (name) }
            "\n"
        }
    }
}
