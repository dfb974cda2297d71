"""Where the definitions of DTR stand, in every version: profiles and extensions are named below this address."""

DTR = "http://hl7.org/fhir/us/davinci-dtr/StructureDefinition"
