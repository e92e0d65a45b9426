"""Where the service keeps what must survive: values, what is asked of a store, and the stores."""
