"""Protocol documentation: catalogues, WSDL files and JSON Schemas -> HTML pages."""
