//! Charts as SVG: bytes across and GB/s up, both logarithmic.

use crate::scenario::size_name;
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

/// A chart.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    /// What it shows, for those who do not see it.
    pub(crate) title: String,
    /// What the bytes across are.
    pub(crate) across: &'static str,
    /// The curves.
    pub(crate) curves: Vec<Curve>,
    /// A limit that depends on the bytes: its name, and bytes with GB/s. A dashed grey line.
    pub(crate) limit: Option<(String, Vec<(f64, f64)>)>,
    /// Limits that do not: names and GB/s. Those beyond the curves are left out.
    pub(crate) levels: Vec<(String, f64)>,
}

/// A curve.
#[derive(Debug)]
pub(crate) struct Curve {
    /// Its name.
    pub(crate) name: String,
    /// Thick, or else thin and dashed. Each kind has its own order of colours.
    pub(crate) is_bold: bool,
    /// Its points, from left to right.
    pub(crate) points: Vec<Point>,
}

/// A point of a curve.
#[derive(Debug)]
pub(crate) struct Point {
    /// How far to the right.
    pub(crate) bytes: f64,
    /// How far up.
    pub(crate) gb_per_s: f64,
    /// What a pointer on it shows.
    pub(crate) text: String,
}

impl Chart {
    /// The chart as SVG; `None` if it has no point.
    pub(crate) fn draw(&self) -> Option<Markup> {
        let axes = Axes::of(self)?;
        let mut labels = Vec::new();
        let limits = self.draw_limits(&axes, &mut labels);
        let curves = self.draw_curves(&axes, &mut labels);
        let view_box = format!("0 0 {WIDTH} {HEIGHT}");
        Some(html! {
            svg viewBox=(view_box) role="img" font-family="sans-serif" font-size="12" {
                "\n"
                title { (self.title) } "\n"
                rect width=(WIDTH) height=(HEIGHT) fill="#fff" {} "\n"
                (axes.draw(self.across))
                (limits)
                (curves)
                (draw_labels(labels))
            }
            "\n"
        })
    }

    /// The limits as dashed grey lines.
    fn draw_limits(&self, axes: &Axes, labels: &mut Vec<Label>) -> Markup {
        let levels = self.levels.iter();
        let levels = levels.filter(|(_, rate)| (axes.rate_low..=axes.rate_high).contains(rate));
        let levels: Vec<Label> = levels
            .map(|(name, rate)| Label::of_limit(axes.y(*rate), name.clone()))
            .collect();
        let points = self.limit.iter().flat_map(|(_, points)| points);
        let limit: Vec<(f64, f64)> = points
            .map(|(bytes, rate)| (axes.x(*bytes), axes.y(*rate)))
            .collect();
        let markup = html! {
            @for Label { y, .. } in &levels {
                @let line = format!("M{LEFT} {y:.1}H{RIGHT}");
                path d=(line) stroke="#888" stroke-dasharray="2 4" {} "\n"
            }
            @if !limit.is_empty() {
                polyline points=(points_text(&limit)) fill="none" stroke="#888"
                    stroke-dasharray="8 4" {}
                "\n"
            }
        };
        labels.extend(levels);
        let end = limit.last().zip(self.limit.as_ref());
        labels.extend(end.map(|(&(_, y), (name, _))| Label::of_limit(y, name.clone())));
        markup
    }

    fn draw_curves(&self, axes: &Axes, labels: &mut Vec<Label>) -> Markup {
        let mut bold = 0..;
        let mut thin = 0..;
        let mut drawn = Vec::new();
        for curve in &self.curves {
            let Some(last) = curve.points.last() else {
                continue;
            };
            let index = if curve.is_bold { &mut bold } else { &mut thin }.next();
            let label = Label {
                y: axes.y(last.gb_per_s),
                name: curve.name.clone(),
                colour: COLOURS[index.unwrap_or(0) % COLOURS.len()],
                is_bold: curve.is_bold,
            };
            drawn.push(draw_curve(&label, axes, &curve.points));
            labels.push(label);
        }
        html! { @for curve in drawn { (curve) } }
    }
}

struct Axes {
    size_low: f64,
    size_high: f64,
    rate_low: f64,
    rate_high: f64,
}

impl Axes {
    /// Axes that hold every point; `None` if there is none.
    fn of(chart: &Chart) -> Option<Self> {
        let points = || chart.curves.iter().flat_map(|curve| &curve.points);
        let limit = chart.limit.iter().flat_map(|(_, points)| points);
        let limit = limit.map(|(_, rate)| *rate);
        let (size_low, size_high) = bounds(points().map(|point| point.bytes))?;
        let rates = points().map(|point| point.gb_per_s);
        let (rate_low, rate_high) = bounds(rates.chain(limit))?;
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
        let shifts = (0..=40).step_by(if is_long { 2 } else { 1 });
        let sizes = shifts.map(|shift| 1_usize << shift);
        sizes.filter(|&bytes| (self.size_low..=self.size_high).contains(&(bytes as f64)))
    }

    /// The rates that have a line: 1, 2 and 5 times the powers of ten.
    fn rates(&self) -> impl Iterator<Item = f64> {
        let rates = (-4..4).flat_map(|power| [1.0, 2.0, 5.0].map(|step| 10_f64.powi(power) * step));
        rates.filter(|&rate| rate >= self.rate_low * 0.999 && rate <= self.rate_high)
    }

    fn draw(&self, across: &str) -> Markup {
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

fn points_text(points: &[(f64, f64)]) -> String {
    let points = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
    points.collect::<Vec<String>>().join(" ")
}

/// A curve with the name and colour of its label; thick, or dashed.
fn draw_curve(label: &Label, axes: &Axes, curve: &[Point]) -> Markup {
    let Label {
        name,
        colour,
        is_bold,
        ..
    } = label;
    let place = |point: &Point| (axes.x(point.bytes), axes.y(point.gb_per_s));
    let line: Vec<(f64, f64)> = curve.iter().map(place).collect();
    let radius = if *is_bold { 3.5 } else { 2.0 };
    let stroke_width = is_bold.then_some("2.5");
    let dashes = (!is_bold).then_some("5 3");
    html! {
        polyline points=(points_text(&line)) fill="none" stroke=(colour)
            stroke-width=[stroke_width] stroke-dasharray=[dashes] {}
        "\n"
        @for ((x, y), point) in line.iter().zip(curve) {
            circle cx=(tenths(*x)) cy=(tenths(*y)) r=(radius) fill=(colour) {
                title { (name) ", " (point.text) }
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
