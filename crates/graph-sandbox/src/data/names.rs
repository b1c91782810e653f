//! Names of organisations, sites and teams.

/// Sample company names that Microsoft uses in its documentation.
const ORGANISATIONS: &[&str] = &[
    "Contoso Retail",
    "Fabrikam Health",
    "Northwind Logistics",
    "Adventure Works",
    "Tailspin Toys",
    "Wingtip Media",
    "Litware Manufacturing",
    "Proseware Finance",
    "Woodgrove Bank",
    "Trey Research",
    "Alpine Ski House",
    "Coho Vineyard",
    "Lucerne Publishing",
    "Fourth Coffee",
    "Relecloud Energy",
    "VanArsdel Architects",
    "Blue Yonder Airlines",
    "Humongous Insurance",
    "Southridge Video",
    "Wide World Importers",
    "Munson's Farm",
    "Lamna Healthcare",
    "Margie's Travel",
    "Consolidated Messenger",
];

pub(super) const DEPARTMENTS: &[&str] = &[
    "Finance",
    "Sales",
    "Marketing",
    "Human Resources",
    "Legal",
    "Engineering",
    "Operations",
    "Customer Care",
    "Procurement",
    "Facilities",
    "Research",
    "Quality",
    "Logistics",
    "IT Support",
    "Security",
    "Communications",
];

pub(super) const SITES: &[&str] = &[
    "Berlin", "Lyon", "Utrecht", "Porto", "Leeds", "Oslo", "Krakow", "Graz", "Ghent", "Turin",
    "Malmo", "Cork", "Tampere", "Seville", "Basel", "Aarhus",
];

pub(super) const RINGS: &[&str] = &["Pilot", "Early", "Broad", "Late"];

/// Name and domain label of the organisation at a position; names repeat with a
/// number once they are used up.
pub(super) fn organisation(at: usize) -> (String, String) {
    let round = at / ORGANISATIONS.len() + 1;
    let base = ORGANISATIONS
        .get(at % ORGANISATIONS.len())
        .copied()
        .unwrap_or("Contoso");
    let name = if round == 1 {
        base.to_owned()
    } else {
        format!("{base} {round}")
    };
    let slug = name
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>();
    (name, slug.to_ascii_lowercase())
}
