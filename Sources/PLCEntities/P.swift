enum PLCEntitiesPlaceholder {}
