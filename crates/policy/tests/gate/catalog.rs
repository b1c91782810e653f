//! What the catalog may ask of the gate.

use domain::operation::{Need, OperationType};

#[test]
fn l02_no_operation_asks_for_a_fact_that_the_gate_is_not_told() {
    for operation in OperationType::ALL {
        let spec = operation.spec();
        for need in [spec.write_gate, spec.preview, spec.schedule] {
            assert_eq!(need, Need::NotNeeded, "{operation}");
        }
    }
}
