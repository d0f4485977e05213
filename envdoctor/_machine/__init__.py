"""Private parts of envdoctor.host: what really touches the machine. Import envdoctor.host instead."""
